/*
 * template.c
 *		Texts such as "{table}:{id}"; see template.h.
 */
#include "relay/template.h"

#include <stdlib.h>
#include <string.h>

typedef enum PartKind
{
	LITERAL,
	TABLE,
	SCHEMA,
	TOPIC,
	WHOLE_KEY,
	COLUMN
} PartKind;

struct RelayTemplatePart
{
	PartKind kind;
	char *text; /* of a literal, or a column's name */
	size_t len;
};

/* ------------------------------------------------------------------------
 * Reading templates
 * ------------------------------------------------------------------------
 */

static bool
invalid(const char *property, const char *text, const char *why, RelayError *error)
{
	relay_fail(error, RELAY_EXIT_USAGE, "invalid template for property \"%s\": \"%s\": %s", property, text, why);
	relay_hint(error, "Names are {table}, {schema}, {topic}, {key}, a column of the key, or {key.NAME} for a column with such a name; {{ and }} are braces.");
	return false;
}

static void
add_part(RelayTemplate *template, PartKind kind, const char *text, size_t len)
{
	RelayTemplatePart *part;

	template->part = relay_realloc(template->part, sizeof(*part) * (size_t) (template->nparts + 1));
	part = &template->part[template->nparts++];
	part->kind = kind;
	part->text = relay_strndup(text, len);
	part->len = len;
	template->has_columns |= kind == COLUMN || kind == WHOLE_KEY;
	template->has_table |= kind == TABLE || kind == TOPIC;
	template->has_literal |= kind != COLUMN &&kind != WHOLE_KEY;
}

/* What stands between braces. */
static bool
add_name(RelayTemplate *template, const char *name, size_t len, bool columns, const char *property, RelayError *error)
{
	static const char *const names[] = {"table", "schema", "topic", "key"};
	static const PartKind kinds[] = {TABLE, SCHEMA, TOPIC, WHOLE_KEY};
	PartKind kind = COLUMN;

	for (int i = 0; i < 4; i++)
	{
		if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
			kind = kinds[i];
	}
	if (kind == COLUMN && len > 4 && strncmp(name, "key.", 4) == 0)
		name += 4, len -= 4;
	if (len == 0)
		return invalid(property, template->text, "a name is empty", error);
	if ((kind == COLUMN || kind == WHOLE_KEY) && !columns)
		return invalid(property, template->text, "columns have no place here", error);
	add_part(template, kind, name, len);
	return true;
}

static bool
parse(RelayTemplate *template, bool columns, const char *property, RelayError *error)
{
	RelayBuf literal = {0};
	const char *p = template->text;
	bool ok = true;

	while (ok && *p)
	{
		if ((*p == '{' || *p == '}') && p[1] == *p)
		{
			relay_buf_append(&literal, p, 1);
			p += 2;
		}
		else if (*p == '{')
		{
			size_t len = strcspn(p + 1, "{}");

			if (p[1 + len] != '}')
				ok = invalid(property, template->text, "a brace is not closed", error);
			else
			{
				if (literal.len > 0)
					add_part(template, LITERAL, literal.data, literal.len);
				literal.len = 0;
				ok = add_name(template, p + 1, len, columns, property, error);
			}
			p += len + 2;
		}
		else if (*p == '}')
			ok = invalid(property, template->text, "a brace is not opened", error);
		else
			relay_buf_append(&literal, p++, 1);
	}
	if (literal.len > 0)
		add_part(template, LITERAL, literal.data, literal.len);
	relay_buf_free(&literal);
	return ok;
}

/* The next of a list: up to a comma that no backslash precedes, without blanks around it. */
static char *
next_text(const char **list, RelayTemplateCount count)
{
	RelayBuf text = {0};
	const char *p = *list;
	char *result;

	while (*p == ' ')
		p++;
	for (; *p && !(count == RELAY_TEMPLATE_MANY && *p == ','); p++)
	{
		if (count == RELAY_TEMPLATE_MANY && p[0] == '\\' && p[1] == ',')
			p++;
		relay_buf_append(&text, p, 1);
	}
	while (text.len > 0 && text.data[text.len - 1] == ' ')
		text.len--;
	*list = *p == ',' ? p + 1 : p;
	result = relay_strndup(text.len > 0 ? text.data : "", text.len);
	relay_buf_free(&text);
	return result;
}

static bool
add_list(RelayTemplates *templates, const char *name, const char *value, RelayTemplateCount count, bool columns, RelayError *error)
{
	const char *property = templates->property;
	RelayTemplateList *list;

	templates->list = relay_realloc(templates->list, sizeof(*list) * (size_t) (templates->n + 1));
	list = &templates->list[templates->n++];
	memset(list, 0, sizeof(*list));
	list->name = name ? relay_strdup(name) : NULL;
	if (value[strspn(value, " ")] == '\0')
		return true;
	do
	{
		RelayTemplate *template;

		list->item = relay_realloc(list->item, sizeof(*template) * (size_t) (list->n + 1));
		template = &list->item[list->n++];
		memset(template, 0, sizeof(*template));
		template->text = next_text(&value, count);
		if (template->text[0] == '\0')
			return invalid(property, "", "it is empty", error);
		if (!parse(template, columns, property, error))
			return false;
	} while (*value);
	return true;
}

bool
relay_templates_read(RelayTemplates *templates, const RelaySettings *settings, const char *property, const char *standard,
					 RelayTemplateCount count, bool columns, RelayError *error)
{
	const char *value = relay_setting(settings, property);
	size_t len = strlen(property);

	templates->property = property;
	if (!add_list(templates, NULL, value ? value : standard, count, columns, error))
		return false;
	for (int i = 0; i < settings->n; i++)
	{
		const char *name = settings->item[i].name;

		if (strncmp(name, property, len) != 0 || name[len] != '.')
			continue;
		name += len + 1;
		if (!strchr(name, '.'))
		{
			relay_fail(error, RELAY_EXIT_USAGE, "invalid property \"%s\"", settings->item[i].name);
			relay_hint(error, "It is %s.SCHEMA.TABLE for one table, as in %s.public.orders.", property, property);
			return false;
		}
		if (!add_list(templates, name, settings->item[i].value, count, columns, error))
			return false;
	}
	return true;
}

void
relay_templates_free(RelayTemplates *templates)
{
	for (int i = 0; i < templates->n; i++)
	{
		RelayTemplateList *list = &templates->list[i];

		for (int j = 0; j < list->n; j++)
		{
			for (int k = 0; k < list->item[j].nparts; k++)
				free(list->item[j].part[k].text);
			free(list->item[j].part);
			free(list->item[j].text);
		}
		free(list->item);
		free(list->name);
	}
	free(templates->list);
	relay_buf_free(&templates->scratch);
	memset(templates, 0, sizeof(*templates));
}

/* ------------------------------------------------------------------------
 * Using them
 * ------------------------------------------------------------------------
 */

const RelayTemplateList *
relay_templates_for(RelayTemplates *templates, const RelayRow *row)
{
	if (templates->n > 1)
	{
		RelayBuf *name = &templates->scratch;

		name->len = 0;
		relay_row_name(row, name);
		for (int i = 1; i < templates->n; i++)
		{
			if (strlen(templates->list[i].name) == name->len && memcmp(templates->list[i].name, name->data, name->len) == 0)
				return &templates->list[i];
		}
	}
	return &templates->list[0];
}

/* All columns' names, for a hint. */
static void
hint_columns(const RelayRow *row, RelayError *error)
{
	RelayBuf names = {0};
	RelayMembers members;
	RelayMember member;

	relay_members_open(&members, row->key);
	while (relay_members_next(&members, &member))
	{
		relay_buf_text(&names, names.len > 0 ? ", " : "");
		relay_name_text(&names, member.name);
	}
	if (names.len > 0)
		relay_hint(error, "Columns of its key are: %s. A template of its own for the table, or an empty one, helps.", relay_buf_cstring(&names));
	else
		relay_hint(error, "The table needs a primary key, a key by --option message.key.columns, or an empty template of its own, which leaves it out.");
	relay_buf_free(&names);
}

static bool
missing(const RelayTemplate *template, const RelayTemplatePart *part, const RelayRow *row, RelayError *error)
{
	RelayBuf name = {0};

	relay_row_name(row, &name);
	if (row->key.len == 0)
		relay_fail(error, RELAY_EXIT_SINK, "the template \"%s\" needs a key, and \"%s\" has none", template->text, relay_buf_cstring(&name));
	else
		relay_fail(error, RELAY_EXIT_SINK, "the template \"%s\" names \"%s\", which is no column of the key of \"%s\"", template->text, part->text,
				   relay_buf_cstring(&name));
	hint_columns(row, error);
	relay_buf_free(&name);
	return false;
}

/* A value among others: what separates them has a backslash before it. */
static void
append_escaped(RelayBuf *out, RelayBytes value)
{
	size_t start = out->len;
	RelayBuf plain = {0};

	relay_value_text(out, value);
	if (!memchr(out->data + start, ':', out->len - start) && !memchr(out->data + start, '\\', out->len - start))
		return;
	relay_buf_append(&plain, out->data + start, out->len - start);
	out->len = start;
	for (size_t i = 0; i < plain.len; i++)
	{
		if (plain.data[i] == ':' || plain.data[i] == '\\')
			relay_buf_append(out, "\\", 1);
		relay_buf_append(out, plain.data + i, 1);
	}
	relay_buf_free(&plain);
}

static bool
append_key(RelayBuf *out, const RelayRow *row)
{
	RelayMembers members;
	RelayMember member;
	RelayMember next;
	bool more;

	relay_members_open(&members, row->key);
	if (!relay_members_next(&members, &member))
		return false;
	more = relay_members_next(&members, &next);
	if (!more)
	{
		relay_value_text(out, member.value);
		return true;
	}
	append_escaped(out, member.value);
	for (; more; more = relay_members_next(&members, &next))
	{
		relay_buf_text(out, ":");
		append_escaped(out, next.value);
	}
	return true;
}

static bool
append_column(RelayBuf *out, const RelayTemplatePart *part, const RelayRow *row)
{
	RelayMembers members;
	RelayMember member;

	relay_members_open(&members, row->key);
	while (relay_members_next(&members, &member))
	{
		if (relay_name_is(member.name, part->text, part->len))
		{
			relay_value_text(out, member.value);
			return true;
		}
	}
	return false;
}

bool
relay_template_append(const RelayTemplate *template, const RelayRow *row, RelayBuf *out, RelayError *error)
{
	for (int i = 0; i < template->nparts; i++)
	{
		const RelayTemplatePart *part = &template->part[i];
		bool ok = true;

		switch (part->kind)
		{
			case LITERAL:
				relay_buf_append(out, part->text, part->len);
				break;
			case TABLE:
				relay_name_text(out, row->table);
				break;
			case SCHEMA:
				relay_name_text(out, row->schema);
				break;
			case TOPIC:
				relay_buf_append(out, row->record->topic.data, row->record->topic.len);
				break;
			case WHOLE_KEY:
				ok = append_key(out, row);
				break;
			case COLUMN:
				ok = append_column(out, part, row);
				break;
		}
		if (!ok)
			return missing(template, part, row, error);
	}
	return true;
}

void
relay_template_pattern(const RelayTemplate *template, const RelayRow *row, RelayBuf *out)
{
	RelayBuf text = {0};
	RelayError error = {0};

	for (int i = 0; i < template->nparts; i++)
	{
		RelayTemplate one = {.part = &template->part[i], .nparts = 1};

		if (template->part[i].kind == COLUMN || template->part[i].kind == WHOLE_KEY)
		{
			relay_buf_text(out, "*");
			continue;
		}
		text.len = 0;
		relay_template_append(&one, row, &text, &error);
		for (size_t j = 0; j < text.len; j++)
		{
			if (strchr("*?[]^\\", text.data[j]))
				relay_buf_append(out, "\\", 1);
			relay_buf_append(out, text.data + j, 1);
		}
	}
	relay_buf_free(&text);
}
