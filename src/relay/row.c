/*
 * row.c
 *		A record's table, key and row; see row.h.
 */
#define _GNU_SOURCE 1
#include "relay/row.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

/* ------------------------------------------------------------------------
 * Members of an object
 * ------------------------------------------------------------------------
 */

/* The length of a string with its quotes, 0 without an end. */
static size_t
string_length(RelayBytes bytes)
{
	for (size_t i = 1; i < bytes.len; i++)
	{
		if (bytes.data[i] == '\\')
			i++;
		else if (bytes.data[i] == '"')
			return i + 1;
	}
	return 0;
}

/* The length of the object or array, 0 without an end. */
static size_t
nested_length(RelayBytes bytes)
{
	size_t depth = 0;

	for (size_t i = 0; i < bytes.len; i++)
	{
		size_t len;

		switch (bytes.data[i])
		{
			case '{':
			case '[':
				depth++;
				break;
			case '}':
			case ']':
				if (--depth == 0)
					return i + 1;
				break;
			case '"':
				len = string_length((RelayBytes){bytes.data + i, bytes.len - i});
				if (len == 0)
					return 0;
				i += len - 1;
				break;
		}
	}
	return 0;
}

size_t
relay_value_length(RelayBytes bytes)
{
	size_t len = 0;

	if (bytes.len == 0)
		return 0;
	if (bytes.data[0] == '"')
		return string_length(bytes);
	if (bytes.data[0] == '{' || bytes.data[0] == '[')
		return nested_length(bytes);
	while (len < bytes.len && !strchr(",}] ", bytes.data[len]))
		len++;
	return len;
}

static RelayBytes
take(RelayBytes *from, size_t len)
{
	RelayBytes bytes = {from->data, len};

	from->data += len;
	from->len -= len;
	return bytes;
}

void
relay_members_open(RelayMembers *members, RelayBytes object)
{
	members->rest = object;
	members->malformed = object.len < 2 || object.data[0] != '{';
	if (!members->malformed)
		take(&members->rest, 1);
}

bool
relay_members_next(RelayMembers *members, RelayMember *member)
{
	RelayBytes *rest = &members->rest;
	size_t len;

	if (members->malformed || (rest->len > 0 && rest->data[0] == '}'))
		return false;
	members->malformed = true;
	if (rest->len > 0 && rest->data[0] == ',')
		take(rest, 1);
	if (rest->len == 0 || rest->data[0] != '"')
		return false;
	len = string_length(*rest);
	if (len == 0)
		return false;
	member->name = take(rest, len);
	member->name = (RelayBytes){member->name.data + 1, len - 2};
	if (rest->len == 0 || rest->data[0] != ':')
		return false;
	take(rest, 1);
	len = relay_value_length(*rest);
	if (len == 0)
		return false;
	member->value = take(rest, len);
	members->malformed = false;
	return true;
}

bool
relay_members_find(RelayBytes object, const char *name, RelayBytes *value)
{
	RelayMembers members;
	RelayMember member;
	size_t len = strlen(name);

	relay_members_open(&members, object);
	while (relay_members_next(&members, &member))
	{
		if (member.name.len == len && memcmp(member.name.data, name, len) == 0)
		{
			*value = member.value;
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------
 */

/* What lies between the quotes of a string; what is no string at all stays as written. */
void
relay_name_text(RelayBuf *out, RelayBytes name)
{
	json_t *json = NULL;

	if (memchr(name.data, '\\', name.len))
		json = json_loadb(name.data - 1, name.len + 2, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (json_is_string(json))
		relay_buf_append(out, json_string_value(json), json_string_length(json));
	else
		relay_buf_append(out, name.data, name.len);
	json_decref(json);
}

void
relay_value_text(RelayBuf *out, RelayBytes value)
{
	if (value.len < 2 || value.data[0] != '"')
		relay_buf_append(out, value.data, value.len);
	else
		relay_name_text(out, (RelayBytes){value.data + 1, value.len - 2});
}

bool
relay_value_is_null(RelayBytes value)
{
	return value.len == 4 && memcmp(value.data, "null", 4) == 0;
}

bool
relay_name_is(RelayBytes name, const char *text, size_t len)
{
	RelayBuf decoded = {0};
	bool same;

	if (!memchr(name.data, '\\', name.len))
		return name.len == len && memcmp(name.data, text, len) == 0;
	relay_name_text(&decoded, name);
	same = decoded.len == len && memcmp(decoded.data, text, len) == 0;
	relay_buf_free(&decoded);
	return same;
}

/* ------------------------------------------------------------------------
 * Rows
 * ------------------------------------------------------------------------
 */

/*
 * Quotes within strings are escaped, so a quote that is not can only be JSON's
 * own: text of this form cannot be found within a string.  The rows, where a
 * column may have any name, lie before the place where the search starts.
 */
bool
relay_row_source(const RelayRecord *record, RelayBytes *source)
{
	static const char head[] = "\"source\":{\"version\":";
	const char *end = record->value.data + record->value.len;
	const char *from = record->value.data;
	const char *found;

	if (!record->has_value)
		return false;
	if (record->before.len > 0)
		from = record->before.data + record->before.len;
	if (record->after.len > 0)
		from = record->after.data + record->after.len;
	found = memmem(from, (size_t) (end - from), head, sizeof(head) - 1);
	if (!found)
		return false;
	source->data = found + 9;
	source->len = (size_t) (end - source->data);
	source->len = nested_length(*source);
	return source->len > 0;
}

/* The part of a topic after its last dot, which goes. */
static RelayBytes
last_part(RelayBytes *topic)
{
	const char *dot = memrchr(topic->data, '.', topic->len);
	RelayBytes part = *topic;

	if (dot)
		part = (RelayBytes){dot + 1, (size_t) (topic->data + topic->len - dot - 1)};
	topic->len = dot ? (size_t) (dot - topic->data) : 0;
	return part;
}

/* What the converter puts around the columns when schemas are on. */
static RelayBytes
without_schema(RelayBytes key)
{
	static const char head[] = "{\"schema\":{\"type\":\"struct\",\"fields\":[";
	RelayBytes payload;

	if (key.len > sizeof(head) && memcmp(key.data, head, sizeof(head) - 1) == 0 && relay_members_find(key, "payload", &payload))
		return payload;
	return key;
}

/* The contents of a member that is a string. */
static bool
string_member(RelayBytes object, const char *name, RelayBytes *contents)
{
	RelayBytes value;

	if (!relay_members_find(object, name, &value) || value.len < 2 || value.data[0] != '"')
		return false;
	*contents = (RelayBytes){value.data + 1, value.len - 2};
	return true;
}

RelayRowChange
relay_row_change(const RelayRecord *record, RelayPosition *last_delete)
{
	switch (record->kind)
	{
		case 'c':
		case 'u':
		case 'r':
			if (record->unavailable)
				return RELAY_ROW_UNAVAILABLE;
			return record->after.len > 0 ? RELAY_ROW_WRITE : RELAY_ROW_REMOVE;
		case 'd':
			*last_delete = record->position;
			return RELAY_ROW_REMOVE;
		case CDC_FRAME_TOMBSTONE:
			if (last_delete->lsn == record->position.lsn && last_delete->seq == record->position.seq)
				return RELAY_ROW_NOTHING;
			return record->has_key ? RELAY_ROW_REMOVE : RELAY_ROW_NOTHING;
		case 't':
			return RELAY_ROW_TRUNCATE;
		default:
			return RELAY_ROW_NOTHING;
	}
}

void
relay_row_open(RelayRow *row, const RelayRecord *record)
{
	RelayBytes source;
	RelayBytes topic = record->topic;

	row->record = record;
	row->key = record->has_key ? without_schema(record->key) : (RelayBytes){record->topic.data, 0};
	if (row->key.len > 0 && row->key.data[0] != '{')
		row->key.len = 0;
	if (relay_row_source(record, &source) && string_member(source, "schema", &row->schema) && string_member(source, "table", &row->table))
		return;
	row->table = last_part(&topic);
	row->schema = last_part(&topic);
}

void
relay_row_name(const RelayRow *row, RelayBuf *out)
{
	relay_name_text(out, row->schema);
	relay_buf_text(out, ".");
	relay_name_text(out, row->table);
}
