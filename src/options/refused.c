/*
 * refused.c
 *		Properties that Debezium users know and that have no place here.
 *
 * Whoever moves a connector's configuration over must learn which of its
 * lines to drop, and why, one by one: to ignore them would hide that a
 * behaviour is gone, to call them unrecognized would leave people guessing.
 * The list is that of the connector's documentation and of
 * PostgresConnectorConfig, RelationalDatabaseConnectorConfig,
 * CommonConnectorConfig and the topic naming strategies.
 */
#include "postgres.h"

#include "options/refused.h"

static const char connection[] = "The client makes the connection: give this to it, for instance in --dsn of cdc_json_relay.";
static const char slot[] = "The client names and creates the slot, for instance with --slot and --create-slot of cdc_json_relay.";
static const char publication[] = "No publication is needed: choose tables with \"table.include.list\", operations with \"skipped.operations\".";
static const char feedback[] = "What is acknowledged, and when, is up to the client, for instance to cdc_json_relay.";
static const char retries[] = "Reconnecting is up to the client, for instance to cdc_json_relay.";
static const char snapshot[] = "Snapshots are taken by the client: see --snapshot of cdc_json_relay, or select cdc_json.read_event().";
static const char signal[] = "There is no signal table: snapshots are asked for in SQL or with --snapshot of cdc_json_relay.";
static const char heartbeat[] = "Heartbeats are up to the client: see --heartbeat of cdc_json_relay.";
static const char notification[] = "There are no notifications: progress shows in pg_stat_replication and in the metrics of cdc_json_relay.";
static const char buffers[] = "The server needs no queue: what is in flight is limited by the client, for instance with --max-inflight-bytes of cdc_json_relay.";
static const char failures[] = "Every event is sent: a value that cannot be converted becomes null, or what its schema requires.";
static const char refresh[] = "It is not needed: a table is always described as it was at the row's position in the log.";
static const char cache[] = "It is not needed: names and schemas are kept for each table, as long as it does not change.";
static const char strategy[] = "Topics are named by schema and table only: rename them in the client.";
static const char java[] = "Java classes cannot be loaded here; what Debezium does by default is built in.";
static const char transforms[] = "Two transforms are built in: \"unwrap\" is ExtractNewRecordState, \"outbox.table.include.list\" is EventRouter. What others do is up to the client.";
static const char handling[] = "Its place has \"delete.tombstone.handling.mode\" now.";
static const char keys[] = "Keys are always whole: a record without a part of its key could not be told from others.";
static const char converter[] = "Of the converters' properties \"schemas.enable\", \"decimal.format\" and \"replace.null.with.default\" can be set, such as \"key.converter.schemas.enable\".";
static const char header[] = "Headers are always as SimpleHeaderConverter writes them.";
static const char metrics[] = "It concerns Debezium's process: here pg_stat_replication_slots has counters, and so have the metrics of cdc_json_relay.";
static const char connect[] = "It concerns Kafka Connect: give what the Kafka client needs to cdc_json_relay, with --set.";
static const char server[] = "It is a property of Debezium Server: leave out the beginning \"debezium.source.\", and set sinks in the client.";

/* A name, or with a dot at its end the beginning of names. */
typedef struct Refused
{
	const char *name;
	const char *hint;
} Refused;

static const Refused refused[] = {
	/* under their names of earlier releases */
	{"database.server.name", "Its name is \"topic.prefix\" now."},
	{"schema.whitelist", "Its name is \"schema.include.list\" now."},
	{"schema.blacklist", "Its name is \"schema.exclude.list\" now."},
	{"table.whitelist", "Its name is \"table.include.list\" now."},
	{"table.blacklist", "Its name is \"table.exclude.list\" now."},
	{"column.whitelist", "Its name is \"column.include.list\" now."},
	{"column.blacklist", "Its name is \"column.exclude.list\" now."},
	{"toasted.value.placeholder", "Its name is \"unavailable.value.placeholder\" now."},
	{"sanitize.field.names", "Its name is \"field.name.adjustment.mode\" now."},

	{"drop.tombstones", handling},
	{"delete.handling.mode", handling},
	{"operation.header", "Its place has \"add.headers\" now, with the field \"op\"."},
	{"add.source.fields", "Its place has \"add.fields\" now."},

	/* of transforms */
	{"drop.fields.from.key", keys},
	{"outbox.table.field.event.type", "It has no effect in EventRouter either: send the column with \"outbox.table.fields.additional.placement\"."},
	{"outbox.tracing.", "Spans are not activated here; a column with the context can be sent as a header, with \"outbox.table.fields.additional.placement\"."},

	/* connection and slot */
	{"database.", connection},
	{"driver.", connection},
	{"connection.validation.timeout.ms", connection},
	{"read.only", "It is not needed: decoding never writes to the database."},
	{"plugin.name", "The slot says which plugin reads it: it is cdc_json already."},
	{"slot.", slot},
	{"create.slot.command.timeout", slot},
	{"publication.name", publication},
	{"publication.autocreate.mode", publication},
	{"replica.identity.autoset.values", "Set it with ALTER TABLE ... REPLICA IDENTITY; cdc_json.check() lists tables that need it."},
	{"offset.", feedback},
	{"status.update.interval.ms", feedback},
	{"lsn.", feedback},
	{"flush.lsn.source", feedback},
	{"xmin.fetch.interval.ms", "The member \"xmin\" of \"source\" is always null here."},

	/* format */
	{"topic.cache.size", cache},
	{"schemas.cache.size", cache},
	{"key.converter.schemas.cache.size", cache},
	{"value.converter.schemas.cache.size", cache},
	{"topic.heartbeat.", heartbeat},
	{"topic.regex", strategy},
	{"topic.replacement", strategy},
	{"topic.key.", strategy},
	{"transaction.metadata.factory", java},
	{"sourceinfo.struct.maker", java},
	{"converters", java},
	{"post.processors", java},
	{"transforms", transforms},
	{"transforms.", transforms},
	{"predicates", transforms},
	{"predicates.", transforms},
	{"key.converter.", converter},
	{"value.converter.", converter},
	{"header.converter", header},
	{"header.converter.", header},
	{"include.schema.changes", refresh},
	{"include.schema.comments", "It has no effect in Debezium's connector for PostgreSQL either."},
	{"schema.refresh.mode", refresh},
	{"schema.history.", refresh},
	{"event.processing.failure.handling.mode", failures},
	{"event.converting.failure.handling.mode", failures},

	/* snapshots, signals, heartbeats */
	{"snapshot.", snapshot},
	{"incremental.snapshot.", snapshot},
	{"legacy.snapshot.max.threads", snapshot},
	{"streaming.delay.ms", snapshot},
	{"signal.", signal},
	{"heartbeat.", heartbeat},
	{"notification.", notification},

	/* operation */
	{"max.batch.size", buffers},
	{"max.queue.", buffers},
	{"poll.interval.ms", buffers},
	{"query.fetch.size", buffers},
	{"queue.provider.type", buffers},
	{"executor.shutdown.timeout.ms", buffers},
	{"errors.", retries},
	{"retriable.restart.connector.wait.ms", retries},
	{"custom.retriable.exception", retries},
	{"guardrail.collections.", "There is no limit to the number of tables; a table costs memory only once it has changes."},
	{"custom.metric.tags", metrics},
	{"custom.sanitize.pattern", metrics},
	{"statistics.metrics.enabled", metrics},
	{"advanced.metrics.enable", metrics},
	{"log.position.check.enable", "It is not needed: the server itself knows where the slot stands."},
	{"openlineage.", metrics},

	/* around the connector */
	{"name", connect},
	{"connector.class", connect},
	{"tasks.max", connect},
	{"exactly.once.support", connect},
	{"topic.creation.", connect},
	{"producer.", connect},
	{"debezium.source.", server},
	{"debezium.sink.", server},
	{"debezium.format.", server},
	{"debezium.transforms", server},
	{"debezium.transforms.", server},
};

/* As with the options themselves, an underscore may stand for a dot. */
static bool
same_name(const char *given, const Refused *row)
{
	const char *p = row->name;

	for (; *p; p++, given++)
		if (*given != *p && !(*p == '.' && *given == '_'))
			return false;
	return p[-1] == '.' ? *given != '\0' : *given == '\0';
}

const char *
cdc_refused_hint(const char *name)
{
	for (int i = 0; i < lengthof(refused); i++)
		if (same_name(name, &refused[i]))
			return refused[i].hint;
	return NULL;
}
