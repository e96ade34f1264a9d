/*
 * template.c
 *		The bytes of events that are constant for a session or a table.
 */
#include "postgres.h"

#include "event/event.h"
#include "event/outbox.h"
#include "event/schema.h"

static void
start(CdcBuf *buf, const CdcSettings *settings)
{
	cdc_buf_palloc(buf, 256);
	buf->ascii = settings->ascii;
}

/* {"schema":…,"payload": with schemas, nothing without */
CdcSlice
cdc_event_head(const CdcSettings *settings, const CdcSchema *schema)
{
	CdcSlice nothing = {"", 0};
	CdcBuf buf;

	if (!settings->converter->schemas_enable || settings->converter->kind == CDC_CONVERTER_AVRO)
		return nothing;
	start(&buf, settings);
	cdc_schema_prefix(&buf, schema);
	return cdc_buf_slice(&buf);
}

static CdcAvroSchema *
avro_schema(const CdcSettings *settings, const CdcSchema *schema)
{
	return settings->converter->kind == CDC_CONVERTER_AVRO ? cdc_schema_avro_make(schema) : NULL;
}

static void
string(CdcBuf *buf, const char *text)
{
	cdc_json_string(buf, text, strlen(text));
}

/* ,"schema":"…","table":"…","txId": */
static CdcSlice
source_table(const CdcSettings *settings, const char *schema, const char *table)
{
	CdcBuf buf;

	start(&buf, settings);
	cdc_buf_literal(&buf, ",\"schema\":");
	string(&buf, schema);
	cdc_buf_literal(&buf, ",\"table\":");
	string(&buf, table);
	cdc_buf_literal(&buf, ",\"txId\":");
	return cdc_buf_slice(&buf);
}

/* Fills in what is rendered; the names and settings must be set.  In CurrentMemoryContext. */
void
cdc_event_constants(CdcEventConstants *constants)
{
	const CdcOptions *options = constants->options;
	const CdcSettings *value = constants->value_settings;
	CdcBuf buf;

	start(&buf, value);
	cdc_buf_literal(&buf, ",\"source\":{\"version\":\"" CDC_JSON_VERSION "\",\"connector\":\"postgresql\",\"name\":");
	string(&buf, constants->prefix);
	cdc_buf_literal(&buf, ",\"ts_ms\":");
	constants->source_head = cdc_buf_slice(&buf);

	start(&buf, value);
	cdc_buf_literal(&buf, ",\"snapshot\":");
	if (options->snapshot_null)
		cdc_json_null(&buf);
	else
		cdc_json_plain(&buf, "false", 5);
	constants->source_snapshot = cdc_buf_slice(&buf);

	start(&buf, value);
	cdc_buf_literal(&buf, ",\"db\":");
	string(&buf, constants->database);
	cdc_buf_literal(&buf, ",\"sequence\":\"[");
	constants->source_database = cdc_buf_slice(&buf);

	constants->message_table = value->converter->kind == CDC_CONVERTER_AVRO ? cdc_source_table_avro("", "") : source_table(value, "", "");
	constants->transaction_topic = psprintf("%s%s%s", constants->prefix, options->topic_delimiter, options->topic_transaction);
	constants->message_topic = psprintf("%s.message", constants->prefix);
	constants->message_key_head = cdc_event_head(constants->key_settings, cdc_schema_message_key());
	constants->message_value_head = cdc_event_head(value, cdc_schema_message_value(options->binary_mode));
	constants->transaction_key_head = cdc_event_head(constants->key_settings, cdc_schema_transaction_key());
	constants->transaction_value_head = cdc_event_head(value, cdc_schema_transaction_value());
	constants->message_key_schema = avro_schema(constants->key_settings, cdc_schema_message_key());
	constants->message_value_schema = avro_schema(value, cdc_schema_message_value(options->binary_mode));
	constants->transaction_key_schema = avro_schema(constants->key_settings, cdc_schema_transaction_key());
	constants->transaction_value_schema = avro_schema(value, cdc_schema_transaction_value());
}

/* The struct of a key or row: schema_name is <topic>.Key or <topic>.Value. */
static CdcSchema *
row_schema(const char *name, const CdcColumn *columns, int n)
{
	CdcSchema *schema = cdc_schema_struct(name, 0, NULL);

	for (int i = 0; i < n; i++)
		cdc_schema_add_field(schema, columns[i].field, columns[i].schema);
	return schema;
}

static const char *
connect_name(const CdcEventConstants *constants, const CdcTable *table, const char *suffix)
{
	return cdc_name_adjust_schema(constants->options->schema_adjustment, psprintf("%s.%s", table->topic, suffix));
}

CdcSchema *
cdc_event_key_schema(const CdcEventConstants *constants, const CdcTable *table)
{
	return row_schema(connect_name(constants, table, "Key"), table->key, table->nkey);
}

CdcSchema *
cdc_event_row_schema(const CdcEventConstants *constants, const CdcTable *table)
{
	return row_schema(connect_name(constants, table, "Value"), table->columns, table->ncolumns);
}

CdcSchema *
cdc_event_envelope_schema(const CdcEventConstants *constants, const CdcTable *table)
{
	return cdc_schema_envelope(connect_name(constants, table, "Envelope"), cdc_event_row_schema(constants, table));
}

/* Renders a table's constant parts, in CurrentMemoryContext. */
void
cdc_event_template(CdcTable *table, void *arg)
{
	const CdcEventConstants *constants = arg;
	const CdcSettings *settings = constants->value_settings;
	CdcTemplate *template = palloc0(sizeof(CdcTemplate));
	const char *schema_name = cdc_utf8_cstring(table->schema_name);
	const char *table_name = cdc_utf8_cstring(table->table_name);
	CdcBuf buf;

	table->template = template;
	start(&buf, settings);
	string(&buf, table->topic);
	template->topic = cdc_buf_slice(&buf);

	if (constants->key_settings->converter->kind == CDC_CONVERTER_AVRO)
		template->key_schema = cdc_schema_avro_make(cdc_event_key_schema(constants, table));
	else if (constants->key_settings->converter->schemas_enable)
		template->key_head = cdc_event_head(constants->key_settings, cdc_event_key_schema(constants, table));

	if (settings->converter->kind == CDC_CONVERTER_AVRO)
	{
		template->value_schema = cdc_schema_avro_make(cdc_event_envelope_schema(constants, table));
		template->source_table = cdc_source_table_avro(schema_name, table_name);
		return;
	}
	start(&buf, settings);
	if (settings->converter->schemas_enable)
		cdc_schema_prefix(&buf, cdc_event_envelope_schema(constants, table));
	cdc_buf_literal(&buf, "{\"before\":");
	template->value_head = cdc_buf_slice(&buf);
	template->value_tail = settings->converter->schemas_enable ? "}}" : "}";
	template->source_table = source_table(settings, schema_name, table_name);
	/* an outbox's rows are events of their own, not rows to be flattened */
	if (!cdc_outbox_prepare(table, constants) && constants->options->unwrap)
		cdc_flat_prepare(table, constants);
}
