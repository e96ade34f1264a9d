/*
 * template_test.c
 *		Rows of records, and texts made of them by templates.
 *
 * Objects are given to the reader in memory of their size, cut at every byte,
 * so that a sanitizer sees what reads beyond.
 */
#include "relay/template.h"

#include <string.h>

#include "frame.h"
#include "unit.h"

static RelayBytes
bytes(const char *text)
{
	return (RelayBytes){text, strlen(text)};
}

static RelayRecord
record(char kind, const char *topic, const char *key, const char *value, const char *after)
{
	RelayRecord r = {.kind = kind, .has_key = key != NULL, .has_value = value != NULL, .topic = bytes(topic)};

	r.key = bytes(key ? key : "");
	r.value = bytes(value ? value : "");
	r.before.data = r.after.data = r.value.data;
	if (after)
		r.after = (RelayBytes){strstr(value, after), strlen(after)};
	return r;
}

static void
check_text(const char *what, RelayBuf *buf, const char *expected)
{
	unit_equal(what, buf->data ? buf->data : "", buf->len, expected, strlen(expected));
	buf->len = 0;
}

/* ------------------------------------------------------------------------
 * Members
 * ------------------------------------------------------------------------
 */

static void
test_members(void)
{
	static const char object[] = "{\"a\":1,\"b\\\"c\":\"x,}\\\\\",\"d\":{\"e\":[1,{\"f\":\"]\"}]},\"g\":null,\"h\":-1.5e300,\"i\":true,\"j\":[]}";
	static const char *const values[] = {"1", "\"x,}\\\\\"", "{\"e\":[1,{\"f\":\"]\"}]}", "null", "-1.5e300", "true", "[]"};
	RelayMembers members;
	RelayMember member;
	RelayBytes value;
	RelayBuf buf = {0};
	int n = 0;

	unit_test("members of an object");
	relay_members_open(&members, bytes(object));
	while (relay_members_next(&members, &member))
	{
		unit_equal("value", member.value.data, member.value.len, values[n], strlen(values[n]));
		if (n == 1)
		{
			unit_check(relay_name_is(member.name, "b\"c", 3), "a name is compared as text");
			unit_check(!relay_name_is(member.name, "b\\\"c", 4), "a name is not compared as written");
			relay_value_text(&buf, member.value);
			check_text("a string", &buf, "x,}\\");
		}
		n++;
	}
	unit_check(n == 7 && !members.malformed, "%d members", n);
	unit_check(relay_members_find(bytes(object), "g", &value) && relay_value_is_null(value), "null");
	unit_check(!relay_members_find(bytes(object), "e", &value), "members of members are none");
	relay_value_text(&buf, bytes("\"\\u00e9\\ud83d\\ude00\\n\""));
	check_text("escapes", &buf, "\xc3\xa9\xf0\x9f\x98\x80\n");
	relay_buf_free(&buf);

	unit_test("objects cut at every byte");
	for (size_t len = 0; len < sizeof(object) - 1; len++)
	{
		char *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, object, len);
		relay_members_open(&members, (RelayBytes){copy, len});
		while (relay_members_next(&members, &member))
			;
		unit_check(members.malformed, "%zu bytes are no object", len);
		free(copy);
	}
}

/* ------------------------------------------------------------------------
 * Rows
 * ------------------------------------------------------------------------
 */

#define SOURCE "\"source\":{\"version\":\"0.1\",\"db\":\"d\",\"schema\":\"pub\\\"lic\",\"table\":\"it em\"}"

static void
check_names(RelayRecord r, const char *expected)
{
	RelayBuf buf = {0};
	RelayRow row;

	relay_row_open(&row, &r);
	relay_row_name(&row, &buf);
	check_text("name", &buf, expected);
	relay_buf_free(&buf);
}

static void
test_rows(void)
{
	/* a column that looks like what is looked for */
	static const char after[] = "{\"id\":1,\"source\":{\"version\":\"x\",\"schema\":\"no\",\"table\":\"no\"},\"v\":\"\\\"source\\\":{\\\"version\\\":\"}";
	RelayBuf value = {0};
	RelayRow row;
	RelayRecord r;

	unit_test("tables of rows");
	relay_buf_printf(&value, "{\"before\":null,\"after\":%s," SOURCE ",\"op\":\"c\"}", after);
	r = record('c', "app.a.b", "{\"id\":1}", relay_buf_cstring(&value), after);
	check_names(r, "pub\"lic.it em");
	check_names(record('t', "app.a.b", NULL, "{\"before\":null,\"after\":null," SOURCE "}", NULL), "pub\"lic.it em");
	check_names(record('c', "app.a.b", NULL, "{\"id\":1}", "{\"id\":1}"), "a.b");
	check_names(record(CDC_FRAME_TOMBSTONE, "b", "{\"id\":1}", NULL, NULL), ".b");
	relay_buf_free(&value);

	unit_test("keys of rows");
	r = record('c', "t", "{\"schema\":{\"type\":\"struct\",\"fields\":[{}]},\"payload\":{\"id\":7}}", "{}", NULL);
	relay_row_open(&row, &r);
	unit_equal("without its schema", row.key.data, row.key.len, "{\"id\":7}", 8);
	r = record('c', "t", "{\"schema\":1,\"payload\":2}", "{}", NULL);
	relay_row_open(&row, &r);
	unit_equal("columns with such names", row.key.data, row.key.len, "{\"schema\":1,\"payload\":2}", 24);
	r = record('c', "t", NULL, "{}", NULL);
	relay_row_open(&row, &r);
	unit_check(row.key.len == 0, "none");
}

static void
test_changes(void)
{
	RelayPosition last = {0};
	RelayRecord r = record('c', "t", "{}", "{\"a\":1}", "{\"a\":1}");

	unit_test("what records mean");
	unit_check(relay_row_change(&r, &last) == RELAY_ROW_WRITE, "create");
	r.unavailable = true;
	unit_check(relay_row_change(&r, &last) == RELAY_ROW_UNAVAILABLE, "columns are missing");
	r.kind = 'd';
	r.position = (RelayPosition){10, 2, 0};
	unit_check(relay_row_change(&r, &last) == RELAY_ROW_REMOVE, "delete");
	r.kind = CDC_FRAME_TOMBSTONE;
	r.position.part = 1;
	unit_check(relay_row_change(&r, &last) == RELAY_ROW_NOTHING, "its tombstone");
	r.position.seq = 3;
	unit_check(relay_row_change(&r, &last) == RELAY_ROW_REMOVE, "a tombstone alone");
	r.kind = 't';
	unit_check(relay_row_change(&r, &last) == RELAY_ROW_TRUNCATE, "truncate");
	r.kind = 'm';
	unit_check(relay_row_change(&r, &last) == RELAY_ROW_NOTHING, "message");
}

/* ------------------------------------------------------------------------
 * Templates
 * ------------------------------------------------------------------------
 */

static void
check_template(const char *text, const char *key, const char *expected, const char *pattern)
{
	RelaySettings settings = {0};
	RelayTemplates templates = {0};
	RelayError error = {0};
	RelayBuf buf = {0};
	RelayRecord r = record('c', "app.shop.item", key, "{\"x\":1}", "{\"x\":1}");
	RelayRow row;

	relay_row_open(&row, &r);
	unit_check(relay_templates_read(&templates, &settings, "key", text, RELAY_TEMPLATE_ONE, true, &error), "\"%s\": %s", text, error.message);
	if (!error.set && relay_template_append(&templates.list[0].item[0], &row, &buf, &error))
		check_text(text, &buf, expected ? expected : "an error");
	else
		unit_check(expected == NULL, "\"%s\": %s", text, error.message);
	buf.len = 0;
	if (pattern)
	{
		relay_template_pattern(&templates.list[0].item[0], &row, &buf);
		check_text("pattern", &buf, pattern);
	}
	relay_buf_free(&buf);
	relay_templates_free(&templates);
}

static void
test_templates(void)
{
	unit_test("templates");
	check_template("{table}:{id}", "{\"id\":1}", "item:1", "item:*");
	check_template("{schema}/{topic}", "{\"id\":1}", "shop/app.shop.item", "shop/app.shop.item");
	check_template("{{{table}}}:{id}", "{\"id\":1}", "{item}:1", "{item}:*");
	check_template("a*[?]\\{id}", "{\"id\":1}", "a*[?]\\1", "a\\*\\[\\?\\]\\\\*");
	check_template("{id}", "{\"id\":123456789012345678901234567890.10}", "123456789012345678901234567890.10", "*");
	check_template("{key}", "{\"id\":\"a:b\\\\c\"}", "a:b\\c", "*");
	check_template("{key}", "{\"a\":\"x:y\",\"b\":2,\"c\":null}", "x\\:y:2:null", NULL);
	check_template("{key}", "{\"a\":\"x\",\"b\":\"y:2\"}", "x:y\\:2", NULL);
	check_template("{table}{key.table}", "{\"table\":\"t\"}", "itemt", NULL);
	check_template("{a\"b}", "{\"a\\\"b\":\"q\"}", "q", NULL);
	check_template("{nr}", "{\"id\":1}", NULL, NULL);
	check_template("{key}", NULL, NULL, NULL);
	check_template("{id}", "{\"id\"", NULL, NULL);
}

static void
test_lists(void)
{
	RelaySettings settings = {0};
	RelayTemplates templates = {0};
	RelayError error = {0};
	RelayRecord r = record('c', "app.public.orders", "{\"id\":1}", "{\"x\":1}", "{\"x\":1}");
	RelayRow row;
	const RelayTemplateList *list;

	unit_test("templates of tables");
	relay_setting_add(&settings, "key.public.orders", "o:{id}, a\\,b ,c");
	relay_setting_add(&settings, "key.public.log", "");
	relay_setting_add(&settings, "keyed", "not ours");
	unit_check(relay_templates_read(&templates, &settings, "key", "{table}", RELAY_TEMPLATE_MANY, true, &error), "%s", error.message);
	relay_row_open(&row, &r);
	list = relay_templates_for(&templates, &row);
	unit_check(list->n == 3 && strcmp(list->item[1].text, "a,b") == 0 && strcmp(list->item[2].text, "c") == 0, "a list");
	r.topic = bytes("app.public.log");
	relay_row_open(&row, &r);
	unit_check(relay_templates_for(&templates, &row)->n == 0, "none");
	r.topic = bytes("app.public.order");
	relay_row_open(&row, &r);
	list = relay_templates_for(&templates, &row);
	unit_check(list->n == 1 && !list->name, "all others");
	relay_templates_free(&templates);
	relay_settings_free(&settings);
}

int
main(void)
{
	test_members();
	test_rows();
	test_changes();
	test_templates();
	test_lists();
	return unit_end();
}
