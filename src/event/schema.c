/*
 * schema.c
 *		Schema documents, and the schemas that no table decides.
 *
 * cdc_schema_json() prints what JsonConverter.asJsonSchema() builds: the
 * order of members is the order in which that method puts them.  The other
 * functions build the schemas of Debezium's SchemaFactory.  None of them
 * reads the catalog or raises an error, except for lack of memory.
 */
#include "postgres.h"

#include "event/schema.h"
#include "json/json.h"

#define SNAPSHOT_VALUES "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"

static void write_member(CdcBuf *buf, const char *name, const char *value);
static void write_fields(CdcBuf *buf, const CdcSchema *schema);
static void write_parameters(CdcBuf *buf, const CdcSchema *schema);
static void add_scalar(CdcSchema *schema, const char *name, CdcConnectType type, bool optional);
static void add_struct(CdcSchema *schema, const char *name, const CdcSchema *field, bool optional);
static CdcSchema *snapshot_flag(void);

/* JsonSchema's names of Schema.Type, in the order of CdcConnectType */
static const char *const type_names[] = {
	"int8", "int16", "int32", "int64", "float", "double", "boolean", "string", "bytes", "array",
	"map", "struct"};

void
cdc_schema_json(CdcBuf *buf, const CdcSchema *schema, const char *field)
{
	cdc_json_struct_begin(buf);
	cdc_json_member(buf, true, "type", 4);
	cdc_json_plain(buf, type_names[schema->type], strlen(type_names[schema->type]));

	if (schema->type == CDC_ARRAY)
	{
		cdc_json_member(buf, false, "items", 5);
		cdc_schema_json(buf, schema->items, NULL);
	}
	else if (schema->type == CDC_MAP)
	{
		cdc_json_member(buf, false, "keys", 4);
		cdc_schema_json(buf, schema->keys, NULL);
		cdc_json_member(buf, false, "values", 6);
		cdc_schema_json(buf, schema->items, NULL);
	}
	else if (schema->type == CDC_STRUCT)
		write_fields(buf, schema);

	cdc_json_member(buf, false, "optional", 8);
	cdc_json_bool(buf, schema->optional);
	if (schema->name)
		write_member(buf, "name", schema->name);
	if (schema->version)
	{
		cdc_json_member(buf, false, "version", 7);
		cdc_json_int64(buf, schema->version);
	}
	if (schema->doc)
		write_member(buf, "doc", schema->doc);
	if (schema->nparameters > 0)
		write_parameters(buf, schema);
	if (schema->default_json)
	{
		/* rendered when the column's schema was made, escapes and all */
		cdc_json_member(buf, false, "default", 7);
		cdc_json_raw(buf, schema->default_json, strlen(schema->default_json));
	}

	/* the converter adds it to the finished schema of a struct's member */
	if (field)
		write_member(buf, "field", field);
	cdc_json_struct_end(buf);
}

void
cdc_schema_prefix(CdcBuf *buf, const CdcSchema *schema)
{
	cdc_json_struct_begin(buf);
	cdc_json_member(buf, true, "schema", 6);
	cdc_schema_json(buf, schema, NULL);
	cdc_json_member(buf, false, "payload", 7);
}

/*
 * AbstractSourceInfoStructMaker's members, then PostgresSourceInfoStructMaker's.
 */
CdcSchema *
cdc_schema_source(void)
{
	CdcSchema *schema = cdc_schema_struct("io.debezium.connector.postgresql.Source", 1, NULL);

	add_scalar(schema, "version", CDC_STRING, false);
	add_scalar(schema, "connector", CDC_STRING, false);
	add_scalar(schema, "name", CDC_STRING, false);
	add_scalar(schema, "ts_ms", CDC_INT64, false);
	cdc_schema_add_field(schema, "snapshot", snapshot_flag());
	add_scalar(schema, "db", CDC_STRING, false);
	add_scalar(schema, "sequence", CDC_STRING, true);
	add_scalar(schema, "ts_us", CDC_INT64, true);
	add_scalar(schema, "ts_ns", CDC_INT64, true);
	add_scalar(schema, "schema", CDC_STRING, false);
	add_scalar(schema, "table", CDC_STRING, false);
	add_scalar(schema, "txId", CDC_INT64, true);
	add_scalar(schema, "lsn", CDC_INT64, true);
	add_scalar(schema, "xmin", CDC_INT64, true);
	add_scalar(schema, "origin", CDC_STRING, true);
	add_scalar(schema, "origin_lsn", CDC_INT64, true);
	return schema;
}

CdcSchema *
cdc_schema_event_block(void)
{
	CdcSchema *schema = cdc_schema_struct("event.block", 1, NULL);

	add_scalar(schema, "id", CDC_STRING, false);
	add_scalar(schema, "total_order", CDC_INT64, false);
	add_scalar(schema, "data_collection_order", CDC_INT64, false);
	return schema;
}

CdcSchema *
cdc_schema_envelope(const char *envelope_name, const CdcSchema *row)
{
	CdcSchema *schema = cdc_schema_struct(envelope_name, 2, NULL);

	add_struct(schema, "before", row, true);
	add_struct(schema, "after", row, true);
	add_struct(schema, "source", cdc_schema_source(), false);
	add_struct(schema, "transaction", cdc_schema_event_block(), true);
	add_scalar(schema, "op", CDC_STRING, false);
	add_scalar(schema, "ts_ms", CDC_INT64, true);
	add_scalar(schema, "ts_us", CDC_INT64, true);
	add_scalar(schema, "ts_ns", CDC_INT64, true);
	return schema;
}

CdcSchema *
cdc_schema_message_key(void)
{
	CdcSchema *schema = cdc_schema_struct("io.debezium.connector.postgresql.MessageKey", 1, NULL);

	add_scalar(schema, "prefix", CDC_STRING, true);
	return schema;
}

/*
 * Not an Envelope: other members in another order, and no ts_us and ts_ns
 * (LogicalDecodingMessageMonitor).
 */
CdcSchema *
cdc_schema_message_value(CdcBinaryMode mode)
{
	CdcSchema *schema = cdc_schema_struct("io.debezium.connector.postgresql.MessageValue", 1, NULL);
	CdcSchema *message = cdc_schema_struct("io.debezium.connector.postgresql.Message", 1, NULL);

	add_scalar(message, "prefix", CDC_STRING, true);
	add_scalar(message, "content", mode == CDC_BINARY_BYTES ? CDC_BYTES : CDC_STRING, true);

	add_scalar(schema, "op", CDC_STRING, false);
	add_scalar(schema, "ts_ms", CDC_INT64, true);
	add_struct(schema, "source", cdc_schema_source(), false);
	add_struct(schema, "transaction", cdc_schema_event_block(), true);
	add_struct(schema, "message", message, false);
	return schema;
}

CdcSchema *
cdc_schema_transaction_key(void)
{
	CdcSchema *schema = cdc_schema_struct("io.debezium.connector.common.TransactionMetadataKey", 1, NULL);

	add_scalar(schema, "id", CDC_STRING, false);
	return schema;
}

CdcSchema *
cdc_schema_transaction_value(void)
{
	CdcSchema *schema = cdc_schema_struct("io.debezium.connector.common.TransactionMetadataValue", 1, NULL);
	CdcSchema *collection = cdc_schema_struct("event.collection", 1, NULL);
	CdcSchema *list;

	add_scalar(collection, "data_collection", CDC_STRING, false);
	add_scalar(collection, "event_count", CDC_INT64, false);
	list = cdc_schema_array(cdc_schema_copy(collection, true));

	add_scalar(schema, "status", CDC_STRING, false);
	add_scalar(schema, "id", CDC_STRING, false);
	add_scalar(schema, "event_count", CDC_INT64, true);
	cdc_schema_add_field(schema, "data_collections", cdc_schema_copy(list, true));
	add_scalar(schema, "ts_ms", CDC_INT64, false);
	return schema;
}

/* ,"name":"value" */
static void
write_member(CdcBuf *buf, const char *name, const char *value)
{
	cdc_json_member(buf, false, name, strlen(name));
	cdc_json_string(buf, value, strlen(value));
}

static void
write_fields(CdcBuf *buf, const CdcSchema *schema)
{
	cdc_json_member(buf, false, "fields", 6);
	cdc_json_array_begin(buf);
	for (int i = 0; i < schema->nfields; i++)
	{
		cdc_json_array_next(buf, i == 0);
		cdc_schema_json(buf, schema->fields[i].schema, schema->fields[i].name);
	}
	cdc_json_array_end(buf);
}

static void
write_parameters(CdcBuf *buf, const CdcSchema *schema)
{
	cdc_json_member(buf, false, "parameters", 10);
	cdc_json_struct_begin(buf);
	for (int i = 0; i < schema->nparameters; i++)
	{
		const CdcParameter *parameter = &schema->parameters[i];

		cdc_json_member(buf, i == 0, parameter->name, strlen(parameter->name));
		cdc_json_string(buf, parameter->value, strlen(parameter->value));
	}
	cdc_json_struct_end(buf);
}

static void
add_scalar(CdcSchema *schema, const char *name, CdcConnectType type, bool optional)
{
	CdcSchema *field = cdc_schema_make(type, NULL, 0);

	field->optional = optional;
	cdc_schema_add_field(schema, name, field);
}

static void
add_struct(CdcSchema *schema, const char *name, const CdcSchema *field, bool optional)
{
	cdc_schema_add_field(schema, name, cdc_schema_copy(field, optional));
}

/*
 * The default is what makes a streamed event, whose flag is not set, print
 * "false" (SchemaFactory.snapshotRecordSchema).
 */
static CdcSchema *
snapshot_flag(void)
{
	CdcSchema *schema = cdc_schema_make(CDC_STRING, "io.debezium.data.Enum", 1);

	schema->optional = true;
	cdc_schema_add_parameter(schema, "allowed", SNAPSHOT_VALUES);
	schema->default_json = "\"false\"";
	return schema;
}
