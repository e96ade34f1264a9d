/*
 * options.c
 *		What a client may set when it starts to read a slot.
 *
 * One row per option says everything about it.  Parsing goes in two steps:
 * first each given option finds its row (or is an error), then each row is
 * set from what was given, or from its default.  Between the two it is known
 * whether debezium.quirks changes the defaults.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "utils/varlena.h"

#include "options/mappers.h"
#include "options/options.h"
#include "options/refused.h"
#include "options/values.h"

/* How JsonConverter's options can be given; the others have only the first. */
typedef enum Scope
{
	SCOPE_BOTH,
	SCOPE_KEY,
	SCOPE_VALUE
} Scope;

#define NSCOPES 3

static const char *const scope_prefix[NSCOPES] = {"", "key.converter.", "value.converter."};

static const CdcWord formats[] = {
	{"value", CDC_FORMAT_VALUE}, {"record", CDC_FORMAT_RECORD}, {"frame", CDC_FORMAT_FRAME}, {NULL, 0}};

static const CdcWord converters[] = {
	{"json", CDC_CONVERTER_JSON},
	{"avro", CDC_CONVERTER_AVRO},
	{"org.apache.kafka.connect.json.JsonConverter", CDC_CONVERTER_JSON},
	{"io.confluent.connect.avro.AvroConverter", CDC_CONVERTER_AVRO},
	{NULL, 0}};

static const CdcWord decimal_formats[] = {
	{"base64", CDC_DECIMAL_FORMAT_BASE64}, {"numeric", CDC_DECIMAL_FORMAT_NUMERIC}, {NULL, 0}};

static const CdcWord strategies[] = {
	{"io.debezium.schema.SchemaTopicNamingStrategy", false},
	{"io.debezium.schema.SchemaUnicodeTopicNamingStrategy", true},
	{NULL, 0}};

static const CdcWord adjustments[] = {
	{"none", CDC_ADJUST_NONE}, {"avro", CDC_ADJUST_AVRO}, {"avro_unicode", CDC_ADJUST_AVRO_UNICODE}, {NULL, 0}};

static const CdcWord decimal_modes[] = {
	{"precise", CDC_DECIMAL_PRECISE}, {"double", CDC_DECIMAL_DOUBLE}, {"string", CDC_DECIMAL_STRING}, {NULL, 0}};

static const CdcWord time_modes[] = {
	{"adaptive", CDC_TIME_ADAPTIVE},
	{"adaptive_time_microseconds", CDC_TIME_ADAPTIVE_TIME_MICROSECONDS},
	{"connect", CDC_TIME_CONNECT},
	{"isostring", CDC_TIME_ISOSTRING},
	{"microseconds", CDC_TIME_MICROSECONDS},
	{"nanoseconds", CDC_TIME_NANOSECONDS},
	{NULL, 0}};

static const CdcWord interval_modes[] = {
	{"numeric", CDC_INTERVAL_NUMERIC}, {"string", CDC_INTERVAL_STRING}, {NULL, 0}};

static const CdcWord hstore_modes[] = {
	{"json", CDC_HSTORE_JSON}, {"map", CDC_HSTORE_MAP}, {NULL, 0}};

static const CdcWord binary_modes[] = {
	{"bytes", CDC_BINARY_BYTES},
	{"base64", CDC_BINARY_BASE64},
	{"base64-url-safe", CDC_BINARY_BASE64_URL_SAFE},
	{"hex", CDC_BINARY_HEX},
	{NULL, 0}};

static const CdcWord deletes[] = {
	{"emit", CDC_DELETE_EMIT}, {"skip", CDC_DELETE_SKIP}, {NULL, 0}};

static const CdcWord origins[] = {
	{"any", CDC_ORIGIN_ANY}, {"none", CDC_ORIGIN_NONE}, {NULL, 0}};

static const CdcWord delete_handlings[] = {
	{"drop", CDC_DELETE_DROP},
	{"tombstone", CDC_DELETE_TOMBSTONE},
	{"rewrite", CDC_DELETE_REWRITE},
	{"rewrite-with-tombstone", CDC_DELETE_REWRITE_WITH_TOMBSTONE},
	{"delete-to-tombstone", CDC_DELETE_TO_TOMBSTONE},
	{NULL, 0}};

static const CdcWord invalid_operations[] = {
	{"warn", CDC_INVALID_OPERATION_WARN}, {"error", CDC_INVALID_OPERATION_ERROR}, {NULL, 0}};

static const CdcWord missing_fields[] = {
	{"error", CDC_MISSING_ERROR}, {"ignore", CDC_MISSING_IGNORE}, {NULL, 0}};

static const CdcWord json_nulls[] = {
	{"ignore", CDC_JSON_NULL_IGNORE}, {"optional_bytes", CDC_JSON_NULL_OPTIONAL_BYTES}, {NULL, 0}};

#define DEBEZIUM(name, type, field) name, CDC_SOURCE_DEBEZIUM, type, offsetof(CdcOptions, field)
#define OWN(name, type, field) name, CDC_SOURCE_OWN, type, offsetof(CdcOptions, field)
#define UNWRAP(name, type, field) name, CDC_SOURCE_UNWRAP, type, offsetof(CdcOptions, field)
#define OUTBOX(name, type, field) "outbox." name, CDC_SOURCE_OUTBOX, type, offsetof(CdcOptions, field)
#define CONVERTER(name, type, field) name, CDC_SOURCE_CONVERTER, type, offsetof(CdcConverter, field)
#define CONNECT(name, type, field) name, CDC_SOURCE_CONNECT, type, offsetof(CdcOptions, field)
#define MAPPER(name) name, CDC_SOURCE_DEBEZIUM, CDC_OPTION_MAPPER, 0

/*
 * The options, by subject.  Columns: name, source, type, field; default;
 * default with debezium.quirks where it is another one; words; least and
 * greatest number; description.
 */
static const CdcOptionRow rows[] = {
	/* shape of the output */
	{OWN("format", CDC_OPTION_ENUM, format), "value", NULL, formats, 0, 0,
	 "What one message holds: the record's value, topic with key, value and headers, or a binary batch of records."},
	{OWN("batch.bytes", CDC_OPTION_INT, batch_bytes), "0", NULL, NULL, 0, 100000000,
	 "Bytes of events that are collected in one message, separated by newlines, before it is sent; 0 sends each event by itself."},
	{OWN("position.header", CDC_OPTION_BOOL, position_header), "false", NULL, NULL, 0, 0,
	 "With format \"record\": adds the header __cdc_json.position, which identifies and orders records."},
	{OWN("debezium.quirks", CDC_OPTION_BOOL, quirks), "false", NULL, NULL, 0, 0,
	 "Writes the connector's bytes also where they are a false value, and sets Debezium's defaults, except topic.prefix and schemas.enable."},
	{CONNECT("key.converter", CDC_OPTION_ENUM, key.kind), "json", NULL, converters, 0, 0,
	 "What keys are written as: JSON, or Avro binary, which needs format \"record\" (in base64) or \"frame\"."},
	{CONNECT("value.converter", CDC_OPTION_ENUM, value.kind), "json", NULL, converters, 0, 0,
	 "What values are written as: JSON, or Avro binary, which needs format \"record\" (in base64) or \"frame\"."},
	{CONVERTER("schemas.enable", CDC_OPTION_BOOL, schemas_enable), "false", NULL, NULL, 0, 0,
	 "Writes {\"schema\":...,\"payload\":...} instead of the payload alone, as JsonConverter does by default."},
	{CONVERTER("decimal.format", CDC_OPTION_ENUM, decimal_format), "base64", NULL, decimal_formats, 0, 0,
	 "Writes Connect's Decimal as bytes in base64, or as a number."},
	{CONVERTER("replace.null.with.default", CDC_OPTION_BOOL, replace_null_with_default), "false", "true", NULL, 0, 0,
	 "Writes the column's default in place of NULL."},
	{DEBEZIUM("tombstones.on.delete", CDC_OPTION_BOOL, tombstones), "true", NULL, NULL, 0, 0,
	 "Sends a record with null value after each delete."},
	{DEBEZIUM("extended.headers.enabled", CDC_OPTION_BOOL, extended_headers), "false", "true", NULL, 0, 0,
	 "Adds the headers __debezium.context.* to the records of rows."},
	{DEBEZIUM("provide.transaction.metadata", CDC_OPTION_BOOL, provide_transaction_metadata), "false", NULL, NULL, 0, 0,
	 "Sends records at begin and end of each transaction, and numbers its events in their member \"transaction\"."},

	/* names */
	{DEBEZIUM("topic.prefix", CDC_OPTION_TOPIC, topic_prefix), NULL, NULL, NULL, 0, 0,
	 "First part of all topics, and name of the source; without it, the name of the database with characters that topics cannot have replaced."},
	{DEBEZIUM("topic.delimiter", CDC_OPTION_TOPIC, topic_delimiter), ".", NULL, NULL, 0, 0,
	 "What stands between prefix, schema and table in a topic."},
	{DEBEZIUM("topic.transaction", CDC_OPTION_TOPIC, topic_transaction), "transaction", NULL, NULL, 0, 0,
	 "Last part of the topic for begin and end of transactions."},
	{DEBEZIUM("topic.naming.strategy", CDC_OPTION_ENUM_BOOL, topic_unicode), "io.debezium.schema.SchemaTopicNamingStrategy", NULL, strategies, 0, 0,
	 "How characters that topics cannot have are replaced: by \"_\", or by \"_u\" and their code."},
	{DEBEZIUM("schema.name.adjustment.mode", CDC_OPTION_ENUM, schema_adjustment), "none", NULL, adjustments, 0, 0,
	 "How characters that Avro does not allow are replaced in names of schemas: not, by \"_\", or by \"_u\" and their code."},
	{DEBEZIUM("field.name.adjustment.mode", CDC_OPTION_ENUM, field_adjustment), "none", NULL, adjustments, 0, 0,
	 "How characters that Avro does not allow are replaced in names of columns: not, by \"_\", or by \"_u\" and their code."},
	{DEBEZIUM("message.key.columns", CDC_OPTION_KEYS, key_rules), NULL, NULL, NULL, 0, 0,
	 "Columns that make the key, as <table>:<column>,<column>;<table>:<column>; each table is a regular expression for schema.table."},

	/* values */
	{DEBEZIUM("decimal.handling.mode", CDC_OPTION_ENUM, decimal_mode), "precise", NULL, decimal_modes, 0, 0,
	 "How numeric and money are written: as Connect's Decimal, as a floating-point number, or as a string."},
	{DEBEZIUM("money.fraction.digits", CDC_OPTION_INT, money_fraction_digits), "2", NULL, NULL, 0, 18,
	 "Digits after the decimal point of money, with decimal.handling.mode \"precise\"."},
	{DEBEZIUM("time.precision.mode", CDC_OPTION_ENUM, time_mode), "adaptive", NULL, time_modes, 0, 0,
	 "Unit of dates and times: as the column's precision demands, milliseconds (\"connect\"), a fixed one, or ISO 8601 strings."},
	{DEBEZIUM("interval.handling.mode", CDC_OPTION_ENUM, interval_mode), "numeric", NULL, interval_modes, 0, 0,
	 "How intervals are written: as approximate microseconds, or as ISO 8601 strings."},
	{DEBEZIUM("hstore.handling.mode", CDC_OPTION_ENUM, hstore_mode), "json", NULL, hstore_modes, 0, 0,
	 "How hstore is written: as JSON in a string, or as a map."},
	{DEBEZIUM("binary.handling.mode", CDC_OPTION_ENUM, binary_mode), "bytes", NULL, binary_modes, 0, 0,
	 "How bytea is written: as bytes (base64 in JSON), or as a string in base64 or hexadecimal digits."},
	{DEBEZIUM("include.unknown.datatypes", CDC_OPTION_BOOL, include_unknown_datatypes), "false", NULL, NULL, 0, 0,
	 "Writes columns of types that Debezium does not know as the bytes of their text, instead of leaving them out."},
	{DEBEZIUM("unavailable.value.placeholder", CDC_OPTION_PLACEHOLDER, unavailable_placeholder), "__debezium_unavailable_value", NULL, NULL, 0, 0,
	 "Stands for a large value that an update did not change and that the log does not hold; after \"hex:\", bytes in hexadecimal digits."},

	/* what is sent */
	{DEBEZIUM("schema.include.list", CDC_OPTION_PATTERNS, schema_include), NULL, NULL, NULL, 0, 0,
	 "Schemas whose tables are sent."},
	{DEBEZIUM("schema.exclude.list", CDC_OPTION_PATTERNS, schema_exclude), NULL, NULL, NULL, 0, 0,
	 "Schemas whose tables are not sent."},
	{DEBEZIUM("table.include.list", CDC_OPTION_PATTERNS, table_include), NULL, NULL, NULL, 0, 0,
	 "Tables that are sent, as schema.table."},
	{DEBEZIUM("table.exclude.list", CDC_OPTION_PATTERNS, table_exclude), NULL, NULL, NULL, 0, 0,
	 "Tables that are not sent, as schema.table."},
	{DEBEZIUM("table.ignore.builtin", CDC_OPTION_BOOL, table_ignore_builtin), "true", NULL, NULL, 0, 0,
	 "Leaves out the tables of system schemas and spatial_ref_sys."},
	{DEBEZIUM("column.include.list", CDC_OPTION_PATTERNS, column_include), NULL, NULL, NULL, 0, 0,
	 "Columns that values have, as schema.table.column; keys are not affected."},
	{DEBEZIUM("column.exclude.list", CDC_OPTION_PATTERNS, column_exclude), NULL, NULL, NULL, 0, 0,
	 "Columns that values do not have, as schema.table.column; keys are not affected."},
	{DEBEZIUM("message.prefix.include.list", CDC_OPTION_PATTERNS, message_prefix_include), NULL, NULL, NULL, 0, 0,
	 "Prefixes of logical messages that are sent."},
	{DEBEZIUM("message.prefix.exclude.list", CDC_OPTION_PATTERNS, message_prefix_exclude), NULL, NULL, NULL, 0, 0,
	 "Prefixes of logical messages that are not sent."},
	{DEBEZIUM("skipped.operations", CDC_OPTION_OPERATIONS, skipped_operations), "t", NULL, NULL, 0, 0,
	 "Operations that are not sent: c (create), u (update), d (delete), t (truncate), or none."},
	{DEBEZIUM("skip.messages.without.change", CDC_OPTION_BOOL, skip_messages_without_change), "false", NULL, NULL, 0, 0,
	 "Leaves out updates that change no column that is sent; the table needs REPLICA IDENTITY FULL."},
	{OWN("delete.without.identity", CDC_OPTION_ENUM, delete_without_identity), "emit", NULL, deletes, 0, 0,
	 "What becomes of deletes in tables without replica identity: an event without key and row, or a count."},
	{OWN("origin", CDC_OPTION_ENUM, origin), "any", NULL, origins, 0, 0,
	 "With \"none\", leaves out what was replicated into this server."},
	{DEBEZIUM("publish.via.partition.root", CDC_OPTION_BOOL, publish_via_partition_root), "false", NULL, NULL, 0, 0,
	 "Sends rows of partitions under the name of the topmost partitioned table."},

	/* what is changed on the way; the ones with a parameter are in mappers.c */
	{MAPPER("column.propagate.source.type"), NULL, NULL, NULL, CDC_MAPPER_PROPAGATE, 0,
	 "Columns, as schema.table.column, whose schemas tell the type in the database."},
	{MAPPER("datatype.propagate.source.type"), NULL, NULL, NULL, CDC_MAPPER_PROPAGATE_TYPE, 0,
	 "Types, as schema.table.type, whose columns' schemas tell the type in the database."},

	/* flattened values */
	{OWN("unwrap", CDC_OPTION_BOOL, unwrap), "false", NULL, NULL, 0, 0,
	 "Sends rows alone instead of before and after, as the transform ExtractNewRecordState makes them."},
	{UNWRAP("delete.tombstone.handling.mode", CDC_OPTION_ENUM, delete_handling), "tombstone", NULL, delete_handlings, 0, 0,
	 "With unwrap, what becomes of a delete and its tombstone: nothing, one record with the value null, the old row with __deleted, that and the tombstone, or a tombstone alone."},
	{UNWRAP("add.fields", CDC_OPTION_FIELDS, add_fields), NULL, NULL, NULL, 0, 0,
	 "With unwrap, members of the event that are added to the row, such as \"op,source.lsn\"; a new name may follow after a colon."},
	{UNWRAP("add.fields.prefix", CDC_OPTION_TEXT, fields_prefix), "__", NULL, NULL, 0, 0,
	 "What the names of added fields begin with."},
	{UNWRAP("add.headers", CDC_OPTION_FIELDS, add_headers), NULL, NULL, NULL, 0, 0,
	 "With unwrap, members of the event that are added to the record's headers, as with add.fields."},
	{UNWRAP("add.headers.prefix", CDC_OPTION_TEXT, headers_prefix), "__", NULL, NULL, 0, 0,
	 "What the names of added headers begin with."},
	{UNWRAP("route.by.field", CDC_OPTION_NAME, route_by_field), NULL, NULL, NULL, 0, 0,
	 "With unwrap, a column whose value is the topic; rows of tables without it, and those where it is empty, keep theirs."},
	{UNWRAP("drop.fields.header.name", CDC_OPTION_NAME, drop_fields_header), NULL, NULL, NULL, 0, 0,
	 "With unwrap, leaves the columns out that a header lists; __cdc_json.unavailable is the one that does."},
	{UNWRAP("drop.fields.keep.schema.compatible", CDC_OPTION_BOOL, drop_keeps_compatible), "true", NULL, NULL, 0, 0,
	 "Leaves out only those of them that may be null."},
	{OWN("unwrap.replace.null.with.default", CDC_OPTION_BOOL, unwrap_replace_null), "false", "true", NULL, 0, 0,
	 "With unwrap and __deleted, writes the column's default in place of NULL; ExtractNewRecordState's replace.null.with.default."},

	/* events of an outbox */
	{OWN("outbox.table.include.list", CDC_OPTION_PATTERNS, outbox_tables), NULL, NULL, NULL, 0, 0,
	 "Tables, as schema.table, whose rows are sent as the transform EventRouter routes them."},
	{OUTBOX("table.field.event.id", CDC_OPTION_NAME, outbox_id), "id", NULL, NULL, 0, 0,
	 "Column with the event's id, which becomes the header \"id\"."},
	{OUTBOX("table.field.event.key", CDC_OPTION_NAME, outbox_key), "aggregateid", NULL, NULL, 0, 0,
	 "Column that is the record's key."},
	{OUTBOX("table.field.event.payload", CDC_OPTION_NAME, outbox_payload), "payload", NULL, NULL, 0, 0,
	 "Column that is the record's value."},
	{OUTBOX("table.field.event.timestamp", CDC_OPTION_NAME, outbox_timestamp), NULL, NULL, NULL, 0, 0,
	 "Column of type timestamp that is the record's time, instead of the commit."},
	{OUTBOX("table.field.event.schema.version", CDC_OPTION_NAME, outbox_version), NULL, NULL, NULL, 0, 0,
	 "Column of type integer that is the version of the value's schema; needs a field in the envelope."},
	{OUTBOX("table.fields.additional.placement", CDC_OPTION_PLACEMENTS, outbox_placements), NULL, NULL, NULL, 0, 0,
	 "More columns to send, as \"<column>:header\", \"<column>:envelope\" or \"<column>:partition\", each with \":<alias>\" or without."},
	{OUTBOX("table.field.additional.missing", CDC_OPTION_ENUM, outbox_missing), "error", NULL, missing_fields, 0, 0,
	 "What a table is that lacks one of them: no outbox, so that its rows are sent as those of others (\"error\"), or one without the field."},
	{OUTBOX("table.expand.json.payload", CDC_OPTION_BOOL, outbox_expand), "false", NULL, NULL, 0, 0,
	 "Sends a payload that is the text of a JSON object as that object, with a schema made from it."},
	{OUTBOX("table.json.payload.null.behavior", CDC_OPTION_ENUM, outbox_json_null), "ignore", NULL, json_nulls, 0, 0,
	 "Leaves members out of an expanded payload that are null, or keeps them."},
	{OUTBOX("table.op.invalid.behavior", CDC_OPTION_ENUM, outbox_invalid), "warn", NULL, invalid_operations, 0, 0,
	 "An update of an outbox is left out and logged: once for each version of the table, or each one."},
	{OUTBOX("route.by.field", CDC_OPTION_NAME, outbox_route_by), "aggregatetype", NULL, NULL, 0, 0,
	 "Column that decides the topic."},
	{OUTBOX("route.topic.regex", CDC_OPTION_NAME, outbox_regex), NULL, NULL, NULL, 0, 0,
	 "Regular expression for its whole value, with groups for the replacement; where it does not match, the topic is the value itself."},
	{OUTBOX("route.topic.replacement", CDC_OPTION_TEXT, outbox_replacement), "outbox.event.${routedByValue}", NULL, NULL, 0, 0,
	 "The topic, with $1 or ${name} for groups of the expression, and ${routedByValue} for the value."},
	{OUTBOX("route.tombstone.on.empty.payload", CDC_OPTION_BOOL, outbox_tombstones), "false", NULL, NULL, 0, 0,
	 "Sends an event whose payload is null or blank as a tombstone."},
	{OWN("outbox.message.prefix", CDC_OPTION_TEXT, outbox_message_prefix), "cdc_json.outbox", NULL, NULL, 0, 0,
	 "Prefix of the logical messages that are events of an outbox without a table, as cdc_json.emit() writes them; an empty one turns them off."},

	/* who did it */
	{OWN("context.headers.prefix", CDC_OPTION_TEXT, context_prefix), "__cdc_json.context.", NULL, NULL, 0, 0,
	 "What the names of the headers begin with that cdc_json.set_context() adds to the records of a transaction."},
};

/* enum fields are set through int pointers */
StaticAssertDecl(sizeof(CdcFormat) == sizeof(int), "enums are not int-sized");

/* Pairs of which only one may be given. */
static const char *const exclusive[][2] = {
	{"schema.include.list", "schema.exclude.list"},
	{"table.include.list", "table.exclude.list"},
	{"column.include.list", "column.exclude.list"},
	{"message.prefix.include.list", "message.prefix.exclude.list"},
};

/* What was given for each row; NULL: nothing. */
typedef struct Given
{
	const char *values[lengthof(rows)][NSCOPES];
} Given;

/* "given" is "name", or "name" with an underscore for each dot; where it goes on is not looked at. */
static bool
begins_with_name(const char *given, const char *name, char dot)
{
	for (; *name; name++, given++)
		if (*given != (*name == '.' ? dot : *name))
			return false;
	return true;
}

static bool
find_row(const char *given, int *number, Scope *scope)
{
	static const char dots[] = "._";

	for (const char *dot = dots; *dot; dot++)
		for (int s = SCOPE_BOTH; s < NSCOPES; s++)
		{
			size_t len = strlen(scope_prefix[s]);

			if (!begins_with_name(given, scope_prefix[s], *dot))
				continue;
			for (int i = 0; i < lengthof(rows); i++)
				if ((s == SCOPE_BOTH || rows[i].source == CDC_SOURCE_CONVERTER) &&
					strlen(given + len) == strlen(rows[i].name) &&
					begins_with_name(given + len, rows[i].name, *dot))
				{
					*number = i;
					*scope = s;
					return true;
				}
		}
	return false;
}

/* The option's name in one spelling, for messages. */
static const char *
full_name(int number, Scope scope)
{
	return psprintf("%s%s", scope_prefix[scope], rows[number].name);
}

/* The name that was perhaps meant, or NULL; "given" is shorter than NAMEDATALEN. */
static const char *
closest_name(const char *given)
{
	char *lower = pstrdup(given);
	const char *closest = NULL;
	int best = Min(strlen(given) / 4 + 1, 4);

	for (char *p = lower; *p; p++)
		*p = *p == '_' || *p == '-' || *p == ' ' ? '.' : pg_ascii_tolower((unsigned char) *p);
	for (int i = 0; i < lengthof(rows); i++)
	{
		int distance = varstr_levenshtein_less_equal(lower, strlen(lower), rows[i].name, strlen(rows[i].name),
													 1, 1, 1, best, true);

		if (distance < best || (distance == best && !closest))
		{
			best = distance;
			closest = rows[i].name;
		}
	}
	return closest;
}

/* Raises an error for a name that no option has. */
static void
reject_name(const char *given)
{
	const char *hint = cdc_refused_hint(given);
	const char *closest;

	if (hint)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("option \"%s\" is not supported", given),
				errhint("%s", hint));
	closest = closest_name(given);
	ereport(ERROR,
			errcode(ERRCODE_SYNTAX_ERROR),
			errmsg("unrecognized option: \"%s\"", cdc_mapper_safe_name(given)),
			closest ? errhint("Perhaps you meant the option \"%s\".", closest)
			: begins_with_name(given, "column.mask.", '_') || begins_with_name(given, "column.truncate.", '_')
				? errhint("Options that have a parameter in their name are written with dots.")
				: errhint("SELECT * FROM cdc_json.options() lists all options."));
}

static void
reject_duplicate(const char *shown)
{
	ereport(ERROR,
			errcode(ERRCODE_SYNTAX_ERROR),
			errmsg("option \"%s\" specified more than once", shown));
}

/* The replication protocol cuts names without an error, parameters included. */
static void
check_length(const char *name)
{
	if (strlen(name) >= NAMEDATALEN - 1)
		ereport(ERROR,
				errcode(ERRCODE_NAME_TOO_LONG),
				errmsg("option name is too long: \"%s\"", cdc_mapper_safe_name(name)),
				errdetail("Names of %d bytes or more may have lost their end on the way to the server.", NAMEDATALEN - 1),
				errhint("Write the parameter into the value: \"column.mask.hash.v2.<algorithm>\" with the value \"<salt>;<list>\", "
						"\"column.mask.with.chars\" or \"column.truncate.to.chars\" with \"<n>;<list>\"."));
}

/* Notes one option in "given", or sets it at once when its name has a parameter. */
static void
take_option(CdcOptions *options, Given *given, List **parametrised, DefElem *elem)
{
	const char *value = elem->arg ? strVal(elem->arg) : NULL;
	bool repeatable;
	int number;
	Scope scope;

	check_length(elem->defname);
	if (find_row(elem->defname, &number, &scope))
	{
		if (given->values[number][scope])
			reject_duplicate(full_name(number, scope));
		if (!value && rows[number].type != CDC_OPTION_BOOL)
			ereport(ERROR,
					errcode(ERRCODE_SYNTAX_ERROR),
					errmsg("option \"%s\" requires a value", full_name(number, scope)));
		given->values[number][scope] = value ? value : "true";
		return;
	}
	if (!cdc_mapper_option(options, elem->defname, value, &repeatable))
		reject_name(elem->defname);
	if (!repeatable)
	{
		ListCell *cell;

		foreach(cell, *parametrised)
			if (strcmp(lfirst(cell), elem->defname) == 0)
				reject_duplicate(cdc_mapper_safe_name(elem->defname));
		*parametrised = lappend(*parametrised, elem->defname);
	}
}

/*
 * Sets one field, in the struct at "base": from the default, or from what was
 * given.  The precise form of a converter's option comes last and so wins,
 * but the other one must be valid too.
 */
static void
set_field(CdcOptions *options, const Given *given, int number, Scope scope, void *base)
{
	const CdcOptionRow *row = &rows[number];
	void *field = (char *) base + row->offset;
	const char *both = given->values[number][SCOPE_BOTH];
	const char *precise = scope == SCOPE_BOTH ? NULL : given->values[number][scope];
	const char *standard = options->quirks && row->debezium_default ? row->debezium_default : row->default_value;

	if (both)
		cdc_value_set(options, row, field, full_name(number, SCOPE_BOTH), both);
	if (precise)
		cdc_value_set(options, row, field, full_name(number, scope), precise);
	if (!both && !precise && standard)
		cdc_value_set(options, row, field, full_name(number, scope), standard);
}

/* Is debezium.quirks on?  An invalid value is reported when its row is set. */
static bool
wants_quirks(const Given *given)
{
	int number;
	Scope scope;

	return find_row("debezium.quirks", &number, &scope) &&
		   given->values[number][scope] && strcmp(given->values[number][scope], "true") == 0;
}

static void
check_exclusive(const Given *given)
{
	for (int i = 0; i < lengthof(exclusive); i++)
	{
		int include;
		int exclude;
		Scope scope;

		if (find_row(exclusive[i][0], &include, &scope) && given->values[include][scope] &&
			find_row(exclusive[i][1], &exclude, &scope) && given->values[exclude][scope])
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("cannot specify both \"%s\" and \"%s\"", exclusive[i][0], exclusive[i][1]),
					errhint("To exclude some of the included names, write a lookahead such as \"(?!public\\.secret)public\\..*\"."));
	}
}

/* Options that do something only along with another one. */
static const struct
{
	const char *name;
	const char *needs;
} dependent[] = {
	{"add.fields", "unwrap"},
	{"add.headers", "unwrap"},
	{"route.by.field", "unwrap"},
	{"drop.fields.header.name", "unwrap"},
	{"outbox.table.field.event.schema.version", "outbox.table.fields.additional.placement"},
};

static void
check_dependent(const CdcOptions *options, const Given *given)
{
	for (int i = 0; i < lengthof(dependent); i++)
	{
		bool met = strcmp(dependent[i].needs, "unwrap") == 0 ? options->unwrap : options->outbox_envelope;
		int number;
		Scope scope;

		if (find_row(dependent[i].name, &number, &scope) && given->values[number][scope] && !met)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("option \"%s\" has no effect without \"%s\"", dependent[i].name, dependent[i].needs),
					errhint("%s", strcmp(dependent[i].needs, "unwrap") == 0 ? "Set \"unwrap\" too." : "Place a field in the envelope: only then the value has a schema of its own."));
	}
}

/* What the options about transforms decide together. */
static void
finish_transforms(CdcOptions *options)
{
	ListCell *cell;

	foreach(cell, options->outbox_placements)
		if (((CdcPlacement *) lfirst(cell))->place == CDC_PLACE_ENVELOPE)
			options->outbox_envelope = true;
	options->outbox_route = cdc_route_compile(options->outbox_regex, options->outbox_replacement);
	if (options->drop_fields_header && strcmp(options->drop_fields_header, CDC_UNAVAILABLE_HEADER) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for option \"%s\": \"%s\"", "drop.fields.header.name", cdc_value_clip(options->drop_fields_header)),
				errhint("The only header that lists columns is \"%s\".", CDC_UNAVAILABLE_HEADER));
	/* a message of the server's own kinds is not for others to have */
	if (strncmp(options->outbox_message_prefix, CDC_RESERVED_PREFIX, strlen(CDC_RESERVED_PREFIX)) == 0 &&
		strcmp(options->outbox_message_prefix, CDC_OUTBOX_PREFIX) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for option \"%s\": \"%s\"", "outbox.message.prefix", cdc_value_clip(options->outbox_message_prefix)),
				errhint("Prefixes that begin with \"%s\" have a meaning of their own.", CDC_RESERVED_PREFIX));
	/* InsertField, which adds __deleted, replaces nulls; the converter cannot tell any more */
	if (options->unwrap && options->unwrap_replace_null &&
		(options->delete_handling == CDC_DELETE_REWRITE || options->delete_handling == CDC_DELETE_REWRITE_WITH_TOMBSTONE))
		options->value.replace_null_with_default = true;
}

/* Avro allows fewer names than tables and columns have: without an adjustment events would have no valid schema. */
static void
adjust_names(CdcOptions *options, const Given *given)
{
	int number;
	Scope scope;

	if (options->key.kind != CDC_CONVERTER_AVRO && options->value.kind != CDC_CONVERTER_AVRO)
		return;
	if (find_row("schema.name.adjustment.mode", &number, &scope) && !given->values[number][scope])
		options->schema_adjustment = CDC_ADJUST_AVRO;
	if (find_row("field.name.adjustment.mode", &number, &scope) && !given->values[number][scope])
		options->field_adjustment = CDC_ADJUST_AVRO;
}

void
cdc_options_check_converters(const CdcOptions *options)
{
	bool key = options->key.kind == CDC_CONVERTER_AVRO;

	if (!key && options->value.kind != CDC_CONVERTER_AVRO)
		return;
	if (options->unwrap || options->outbox_tables)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("option \"%s\" cannot be \"avro\" with \"%s\"", key ? "key.converter" : "value.converter",
					   options->unwrap ? "unwrap" : "outbox.table.include.list"),
				errhint("Let the client transform the records, or use \"json\"."));
	if (options->format == CDC_FORMAT_VALUE)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" cannot be \"avro\" with format \"value\"", key ? "key.converter" : "value.converter"),
				errdetail("Avro is binary, and \"value\" is lines of text."),
				errhint("Set \"format\" to \"record\", which has it in base64, or to \"frame\"."));
}

CdcOptions *
cdc_options_parse(List *defelems)
{
	CdcOptions *options = palloc0(sizeof(CdcOptions));
	Given *given = palloc0(sizeof(Given));
	List *parametrised = NIL;
	ListCell *cell;

	foreach(cell, defelems)
		take_option(options, given, &parametrised, lfirst(cell));
	options->quirks = wants_quirks(given);
	for (int i = 0; i < lengthof(rows); i++)
	{
		if (rows[i].source == CDC_SOURCE_CONVERTER)
		{
			set_field(options, given, i, SCOPE_KEY, &options->key);
			set_field(options, given, i, SCOPE_VALUE, &options->value);
		}
		else
			set_field(options, given, i, SCOPE_BOTH, options);
	}
	check_exclusive(given);
	adjust_names(options, given);

	/* Debezium's default there is true: false can only have been asked for */
	options->snapshot_null = options->quirks && !options->value.replace_null_with_default;
	finish_transforms(options);
	check_dependent(options, given);
	return options;
}

static const char *
full_description(const CdcOptionRow *row)
{
	const char *owner = "Not in Debezium";

	if (row->source == CDC_SOURCE_DEBEZIUM)
		owner = "Debezium's property";
	else if (row->source == CDC_SOURCE_CONNECT)
		owner = "Kafka Connect's property";
	else if (row->source == CDC_SOURCE_CONVERTER)
		owner = "JsonConverter's property, also with key.converter. or value.converter. in front";
	else if (row->source == CDC_SOURCE_UNWRAP)
		owner = "The option of Debezium's ExtractNewRecordState";
	else if (row->source == CDC_SOURCE_OUTBOX)
		owner = "The option of Debezium's EventRouter, with outbox. in front";
	if (row->debezium_default)
		return psprintf("%s %s; its default there, and with debezium.quirks, is %s.",
						row->description, owner, row->debezium_default);
	return psprintf("%s %s.", row->description, owner);
}

const CdcOptionInfo *
cdc_options_info(int n)
{
	CdcOptionInfo *info;

	if (n < 0)
		return NULL;
	if (n >= lengthof(rows))
		return cdc_mapper_info(n - (int) lengthof(rows));
	info = palloc(sizeof(CdcOptionInfo));
	info->name = rows[n].name;
	info->type = cdc_value_type(&rows[n]);
	info->default_value = rows[n].default_value;
	info->description = full_description(&rows[n]);
	return info;
}
