/*
 * heartbeat.c
 *		Debezium's heartbeat records; see heartbeat.h.
 *
 * HeartbeatImpl writes them to a topic of their own, so that consumers see
 * that the source is alive; key and value are tiny structs.
 */
#include "relay/heartbeat.h"

#include <inttypes.h>
#include <string.h>

bool
relay_heartbeat_option(const char *name)
{
	return strcmp(name, "topic.heartbeat.prefix") == 0 || strcmp(name, "topic.heartbeat.name") == 0;
}

bool
relay_heartbeat_wanted(const RelaySettings *plugin)
{
	return relay_setting(plugin, "topic.heartbeat.prefix") || relay_setting(plugin, "topic.heartbeat.name");
}

/* An option's value, by either way of writing its name. */
static const char *
option(const RelaySettings *plugin, const char *dotted, const char *underscored, const char *standard)
{
	const char *value = relay_setting(plugin, dotted);

	if (!value)
		value = relay_setting(plugin, underscored);
	return value ? value : standard;
}

/* The name of the database, with what topics cannot have replaced, as the plugin does without topic.prefix. */
static void
append_name(RelayBuf *buf, const char *text)
{
	static const char valid[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	for (; *text; text++)
		relay_buf_append(buf, strchr(valid, *text) ? text : "_", 1);
}

static void
begin_struct(RelayBuf *buf, bool schemas, const char *type, const char *field, const char *name)
{
	if (schemas)
		relay_buf_printf(buf,
						 "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"%s\",\"optional\":false,\"field\":\"%s\"}],"
						 "\"optional\":false,\"name\":\"io.debezium.connector.common.%s\",\"version\":1},\"payload\":",
						 type, field, name);
	relay_buf_printf(buf, "{\"%s\":", field);
}

void
relay_heartbeat_record(const RelaySettings *plugin, const char *database, RelayBuf *buf, RelayRecord *record)
{
	const char *name = relay_setting(plugin, "topic.heartbeat.name");
	const char *prefix = option(plugin, "topic.prefix", "topic_prefix", NULL);
	bool schemas = false;
	size_t key_start;
	size_t value_start;

	relay_parse_bool(option(plugin, "schemas.enable", "schemas_enable", "false"), &schemas);
	buf->len = 0;
	if (name)
		relay_buf_text(buf, name);
	else
	{
		relay_buf_text(buf, relay_setting(plugin, "topic.heartbeat.prefix"));
		relay_buf_text(buf, option(plugin, "topic.delimiter", "topic_delimiter", "."));
		append_name(buf, prefix ? prefix : database);
	}
	key_start = buf->len;
	begin_struct(buf, schemas, "string", "serverName", "ServerNameKey");
	relay_buf_text(buf, "\"");
	append_name(buf, prefix ? prefix : database);
	relay_buf_text(buf, schemas ? "\"}}" : "\"}");
	value_start = buf->len;
	begin_struct(buf, schemas, "int64", "ts_ms", "Heartbeat");
	relay_buf_printf(buf, "%" PRId64 "}%s", relay_wall_clock() / 1000, schemas ? "}" : "");

	memset(record, 0, sizeof(*record));
	record->kind = 'm';
	record->has_key = record->has_value = true;
	record->topic = (RelayBytes){buf->data, key_start};
	record->key = (RelayBytes){buf->data + key_start, value_start - key_start};
	record->value = (RelayBytes){buf->data + value_start, buf->len - value_start};
}
