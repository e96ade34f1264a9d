/*
 * httppost_events.c
 *		Records as CloudEvents, as Debezium's CloudEventsConverter makes them
 *		with the serializers "json".
 *
 * The attributes are the members of "source", "transaction" and "op"; "data"
 * has "before" and "after" as they are in the value.
 */
#include "relay/httppost.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/row.h"

#define PREFIX "iodebezium"
#define DATA_SCHEMA "io.debezium.connector.postgresql.Data"

static void
append(RelayBuf *buf, RelayBytes bytes)
{
	relay_buf_append(buf, bytes.data, bytes.len);
}

/* What an attribute's value is within quotes: a string's contents, or the text. */
static RelayBytes
contents(RelayBytes value)
{
	if (value.len >= 2 && value.data[0] == '"')
		return (RelayBytes){value.data + 1, value.len - 2};
	return value;
}

/* All attributes are strings, or null. */
static void
append_attribute(RelayBuf *buf, const char *name, size_t len, RelayBytes value)
{
	relay_buf_text(buf, ",\"" PREFIX);
	/* names have letters and digits only */
	for (size_t i = 0; i < len; i++)
	{
		if (isalnum((unsigned char) name[i]))
			relay_buf_append(buf, name + i, 1);
	}
	relay_buf_text(buf, "\":");
	if (relay_value_is_null(value))
		relay_buf_text(buf, "null");
	else
	{
		relay_buf_text(buf, "\"");
		append(buf, contents(value));
		relay_buf_text(buf, "\"");
	}
}

static RelayBytes
member_or_null(RelayBytes object, const char *name)
{
	RelayBytes value;

	if (object.len > 0 && object.data[0] == '{' && relay_members_find(object, name, &value))
		return value;
	return (RelayBytes){"null", 4};
}

/* name:srv;lsn:29274832;txId:565;sequence:[…] */
static void
append_id(RelayBuf *buf, RelayBytes source)
{
	static const char *const names[] = {"name", "lsn", "txId", "sequence"};

	relay_buf_text(buf, "{\"id\":\"");
	for (int i = 0; i < 4; i++)
	{
		relay_buf_printf(buf, "%s%s:", i > 0 ? ";" : "", names[i]);
		append(buf, contents(member_or_null(source, names[i])));
	}
	relay_buf_text(buf, "\"");
}

static void
append_time(RelayBuf *buf, RelayBytes ts_ms)
{
	char digits[24];
	char text[32];
	long long ms;
	time_t seconds;
	struct tm parts;

	snprintf(digits, sizeof(digits), "%.*s", ts_ms.len < 20 ? (int) ts_ms.len : 0, ts_ms.data);
	ms = strtoll(digits, NULL, 10);
	seconds = (time_t) (ms / 1000);
	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	relay_buf_printf(buf, ",\"time\":\"%s.%03dZ\"", text, (int) (ms % 1000));
}

/* The schemas of "before" and "after" from the envelope's; without length when the value has none. */
static RelayBytes
row_schemas(const RelayRecord *record)
{
	static const char head[] = "{\"schema\":{\"type\":\"struct\",\"fields\":[";
	RelayBytes rest = record->value;
	size_t first;
	size_t second;

	if (rest.len < sizeof(head) || memcmp(rest.data, head, sizeof(head) - 1) != 0)
		return (RelayBytes){rest.data, 0};
	rest = (RelayBytes){rest.data + sizeof(head) - 1, rest.len - (sizeof(head) - 1)};
	first = relay_value_length(rest);
	if (first == 0 || first + 1 >= rest.len)
		return (RelayBytes){rest.data, 0};
	second = relay_value_length((RelayBytes){rest.data + first + 1, rest.len - first - 1});
	return (RelayBytes){rest.data, second == 0 ? 0 : first + 1 + second};
}

static void
append_row(RelayBuf *buf, const char *name, RelayBytes row)
{
	relay_buf_printf(buf, "\"%s\":", name);
	append(buf, row.len > 0 ? row : (RelayBytes){"null", 4});
}

static void
append_data(RelayBuf *buf, const RelayRecord *record)
{
	RelayBytes schemas = row_schemas(record);

	relay_buf_text(buf, ",\"data\":");
	if (schemas.len > 0)
	{
		relay_buf_text(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[");
		append(buf, schemas);
		relay_buf_text(buf, "],\"optional\":false,\"name\":\"" DATA_SCHEMA "\"},\"payload\":");
	}
	relay_buf_text(buf, "{");
	append_row(buf, "before", record->before);
	relay_buf_text(buf, ",");
	append_row(buf, "after", record->after);
	relay_buf_text(buf, schemas.len > 0 ? "}}}" : "}}");
}

bool
relay_cloud_event_append(RelayBuf *buf, const RelayRecord *record)
{
	RelayBytes transaction = {"null", 4};
	RelayBytes source;
	RelayMembers members;
	RelayMember member;

	if (!strchr("cudrt", record->kind) || !relay_row_source(record, &source))
		return false;
	append_id(buf, source);
	relay_buf_text(buf, ",\"source\":\"/debezium/postgresql/");
	append(buf, contents(member_or_null(source, "name")));
	relay_buf_text(buf, "\",\"specversion\":\"1.0\",\"type\":\"io.debezium.connector.postgresql.DataChangeEvent\"");
	append_time(buf, member_or_null(source, "ts_ms"));
	relay_buf_text(buf, ",\"datacontenttype\":\"application/json\"");
	append_attribute(buf, "op", 2, (RelayBytes){&record->kind, 1});
	relay_members_open(&members, source);
	while (relay_members_next(&members, &member))
		append_attribute(buf, member.name.data, member.name.len, member.value);
	/* what follows "source" in the value */
	members.rest = (RelayBytes){source.data + source.len, (size_t) (record->value.data + record->value.len - source.data) - source.len};
	members.malformed = false;
	while (relay_members_next(&members, &member))
	{
		if (member.name.len == 11 && memcmp(member.name.data, "transaction", 11) == 0)
			transaction = member.value;
	}
	append_attribute(buf, "txid", 4, member_or_null(transaction, "id"));
	append_attribute(buf, "txtotalorder", 12, member_or_null(transaction, "total_order"));
	append_attribute(buf, "txdatacollectionorder", 21, member_or_null(transaction, "data_collection_order"));
	append_data(buf, record);
	return true;
}
