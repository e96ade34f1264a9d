/*
 * avro_schema.c
 *		Avro's schema of a Connect schema, as Confluent's AvroConverter
 *		registers it.
 *
 * The text decides under which id a registry knows a schema, so it is the
 * converter's to the byte (io.confluent.connect.avro.AvroData,
 * fromConnectSchema(), of version 8.1): order of members, what is left out,
 * where null stands in a union.  A record is defined where it is met first, and
 * only named after that.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "nodes/pg_list.h"

#include "compat.h"
#include "event/schema.h"
#include "value/value.h"

#define DECIMAL "org.apache.kafka.connect.data.Decimal"
#define PRECISION_PARAMETER "connect.decimal.precision"
#define UNKNOWN_PRECISION "64"

/* Connect's own logical types; Debezium's have none in Avro. */
static const struct
{
	const char *name;
	const char *logical;
} logical_types[] = {
	{DECIMAL, "decimal"},
	{"org.apache.kafka.connect.data.Date", "date"},
	{"org.apache.kafka.connect.data.Time", "time-millis"},
	{"org.apache.kafka.connect.data.Timestamp", "timestamp-millis"},
};

/* In the order of CdcConnectType. */
static const char *const avro_types[] = {
	"int", "int", "int", "long", "float", "double", "boolean", "string", "bytes", "array", "map", "record"};

/* A text being written: what it has defined so far. */
typedef struct Text
{
	CdcBuf *buf;
	List *records; /* char *: full names */
} Text;

static void write_type(Text *text, const CdcSchema *schema, const char *namespace);

static void
write_string(Text *text, const char *string)
{
	cdc_json_characters(text->buf, string, strlen(string));
}

static void
write_member(Text *text, const char *name, const char *value)
{
	cdc_buf_char(text->buf, ',');
	write_string(text, name);
	cdc_buf_char(text->buf, ':');
	write_string(text, value);
}

static const char *
parameter(const CdcSchema *schema, const char *name)
{
	for (int i = 0; i < schema->nparameters; i++)
		if (strcmp(schema->parameters[i].name, name) == 0)
			return schema->parameters[i].value;
	return NULL;
}

static const char *
logical_type(const CdcSchema *schema)
{
	for (int i = 0; schema->name && i < lengthof(logical_types); i++)
		if (strcmp(schema->name, logical_types[i].name) == 0)
			return logical_types[i].logical;
	return NULL;
}

static bool
is_decimal(const CdcSchema *schema)
{
	return schema->name && strcmp(schema->name, DECIMAL) == 0;
}

/* Bytes are a string of characters U+0000 to U+00FF (Avro's specification, "bytes and fixed"). */
static void
write_bytes(Text *text, const char *json)
{
	CdcSlice base64 = cdc_unquote(json, strlen(json));
	CdcSlice bytes = cdc_unbase64(base64, base64.len);
	char *latin = palloc(bytes.len * 2 + 1);
	char *p = latin;

	for (size_t i = 0; i < bytes.len; i++)
	{
		unsigned char c = bytes.data[i];

		if (c >= 0x80)
			*p++ = (char) (0xC0 | c >> 6);
		*p++ = (char) (c < 0x80 ? c : 0x80 | (c & 0x3F));
	}
	cdc_json_characters(text->buf, latin, p - latin);
}

/* Ours is JsonConverter's JSON, which differs only in bytes and in characters beyond the BMP. */
static void
write_default(Text *text, const CdcSchema *schema)
{
	const char *json = schema->default_json;
	CdcSlice string;

	switch (schema->type)
	{
		case CDC_BYTES:
			write_bytes(text, json);
			break;
		case CDC_STRING:
			string = cdc_unquote(json, strlen(json));
			cdc_json_characters(text->buf, string.data, string.len);
			break;
		default:
			cdc_buf_append(text->buf, json, strlen(json));
			break;
	}
}

static void
write_parameters(Text *text, const CdcSchema *schema)
{
	cdc_buf_literal(text->buf, ",\"connect.parameters\":{");
	for (int i = 0; i < schema->nparameters; i++)
	{
		if (i > 0)
			cdc_buf_char(text->buf, ',');
		write_string(text, schema->parameters[i].name);
		cdc_buf_char(text->buf, ':');
		write_string(text, schema->parameters[i].value);
	}
	cdc_buf_char(text->buf, '}');
}

/* What AvroData adds to the type itself, in its order. */
static void
write_properties(Text *text, const CdcSchema *schema)
{
	const char *logical = logical_type(schema);

	if (is_decimal(schema))
	{
		const char *scale = parameter(schema, "scale");
		const char *precision = parameter(schema, PRECISION_PARAMETER);

		cdc_buf_literal(text->buf, ",\"scale\":");
		cdc_buf_append(text->buf, scale, strlen(scale));
		cdc_buf_literal(text->buf, ",\"precision\":");
		precision = precision ? precision : UNKNOWN_PRECISION;
		cdc_buf_append(text->buf, precision, strlen(precision));
	}
	if (schema->doc)
		write_member(text, "connect.doc", schema->doc);
	if (schema->version)
	{
		cdc_buf_literal(text->buf, ",\"connect.version\":");
		cdc_json_int64(text->buf, schema->version);
	}
	if (schema->nparameters > 0)
		write_parameters(text, schema);
	if (schema->default_json)
	{
		cdc_buf_literal(text->buf, ",\"connect.default\":");
		write_default(text, schema);
	}
	if (schema->name)
		write_member(text, "connect.name", schema->name);
	if (schema->type == CDC_INT8 || schema->type == CDC_INT16)
		write_member(text, "connect.type", schema->type == CDC_INT8 ? "int8" : "int16");
	if (logical)
		write_member(text, "logicalType", logical);
}

/* A member of a record: what it may be, and what it is when the writer had none. */
static void
write_field(Text *text, const CdcField *field, const char *namespace)
{
	const CdcSchema *schema = field->schema;

	cdc_buf_literal(text->buf, "{\"name\":");
	write_string(text, field->name);
	cdc_buf_literal(text->buf, ",\"type\":");
	if (schema->optional && cdc_avro_null_branch(schema) == 0)
		cdc_buf_literal(text->buf, "[\"null\",");
	else if (schema->optional)
		cdc_buf_char(text->buf, '[');
	write_type(text, schema, namespace);
	if (schema->optional && cdc_avro_null_branch(schema) == 1)
		cdc_buf_literal(text->buf, ",\"null\"");
	if (schema->optional)
		cdc_buf_char(text->buf, ']');
	if (schema->default_json)
	{
		cdc_buf_literal(text->buf, ",\"default\":");
		write_default(text, schema);
	}
	else if (schema->optional)
		cdc_buf_literal(text->buf, ",\"default\":null");
	cdc_buf_char(text->buf, '}');
}

/* Elements and values have no default of their own. */
static void
write_items(Text *text, const CdcSchema *items, const char *namespace)
{
	if (items->optional)
		cdc_buf_literal(text->buf, "[\"null\",");
	write_type(text, items, namespace);
	if (items->optional)
		cdc_buf_char(text->buf, ']');
}

/* A map whose keys are no strings is an array of records. */
static void
write_entries(Text *text, const CdcSchema *map)
{
	static const char name[] = "MapEntry";
	static const char in[] = "io.confluent.connect.avro";
	const CdcField key = {"key", map->keys};
	const CdcField value = {"value", map->items};

	cdc_buf_literal(text->buf, "{\"type\":\"record\",\"name\":");
	write_string(text, name);
	write_member(text, "namespace", in);
	cdc_buf_literal(text->buf, ",\"fields\":[");
	write_field(text, &key, in);
	cdc_buf_char(text->buf, ',');
	write_field(text, &value, in);
	cdc_buf_literal(text->buf, "]}");
}

/* The Connect name is divided at its last dot. */
static void
write_record(Text *text, const CdcSchema *schema, const char *outer)
{
	const char *dot = strrchr(schema->name, '.');
	const char *name = dot ? dot + 1 : schema->name;
	const char *namespace = dot ? pnstrdup(schema->name, dot - schema->name) : "";
	ListCell *cell;

	foreach(cell, text->records)
	{
		if (strcmp(lfirst(cell), schema->name) == 0)
		{
			write_string(text, strcmp(namespace, outer) == 0 ? name : schema->name);
			return;
		}
	}
	text->records = lappend(text->records, unconstify(char *, schema->name));
	cdc_buf_literal(text->buf, "{\"type\":\"record\"");
	write_member(text, "name", name);
	if (strcmp(namespace, outer) != 0)
		write_member(text, "namespace", namespace);
	cdc_buf_literal(text->buf, ",\"fields\":[");
	for (int i = 0; i < schema->nfields; i++)
	{
		if (i > 0)
			cdc_buf_char(text->buf, ',');
		write_field(text, &schema->fields[i], namespace);
	}
	cdc_buf_char(text->buf, ']');
	write_properties(text, schema);
	cdc_buf_char(text->buf, '}');
}

static bool
has_properties(const CdcSchema *schema)
{
	return schema->name || schema->doc || schema->version || schema->nparameters > 0 || schema->default_json ||
		   schema->type <= CDC_INT16;
}

/* Without its null.  "namespace" is that of the record around it. */
static void
write_type(Text *text, const CdcSchema *schema, const char *namespace)
{
	bool entries = schema->type == CDC_MAP && (schema->keys->type != CDC_STRING || schema->keys->optional);

	if (schema->type == CDC_STRUCT)
	{
		write_record(text, schema, namespace);
		return;
	}
	if (schema->type < CDC_ARRAY && !has_properties(schema))
	{
		write_string(text, avro_types[schema->type]);
		return;
	}
	cdc_buf_literal(text->buf, "{\"type\":");
	write_string(text, entries ? "array" : avro_types[schema->type]);
	if (schema->type >= CDC_ARRAY)
	{
		cdc_buf_char(text->buf, ',');
		write_string(text, schema->type == CDC_MAP && !entries ? "values" : "items");
		cdc_buf_char(text->buf, ':');
		if (entries)
			write_entries(text, schema);
		else
			write_items(text, schema->items, namespace);
	}
	write_properties(text, schema);
	cdc_buf_char(text->buf, '}');
}

void
cdc_schema_avro(CdcBuf *buf, const CdcSchema *schema)
{
	Text text = {buf, NIL};

	write_type(&text, schema, "");
	list_free(text.records);
}

/* Where the server can make no SHA-256 there is no fingerprint either: 0, as for no schema. */
static uint64
fingerprint(CdcSlice text)
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);
	uint8 digest[PG_SHA256_DIGEST_LENGTH] = {0};
	uint64 first = 0;

	if (ctx && pg_cryptohash_init(ctx) == 0 && pg_cryptohash_update(ctx, (const uint8 *) text.data, text.len) == 0)
		(void) pg_cryptohash_final(ctx, digest, sizeof(digest));
	pg_cryptohash_free(ctx);
	for (int i = 0; i < sizeof(first); i++)
		first = first << 8 | digest[i];
	return first;
}

CdcAvroSchema *
cdc_schema_avro_make(const CdcSchema *schema)
{
	CdcAvroSchema *avro = palloc(sizeof(CdcAvroSchema));
	CdcBuf text;

	cdc_buf_palloc(&text, 2048);
	cdc_schema_avro(&text, schema);
	avro->schema = schema;
	avro->text = cdc_buf_slice(&text);
	avro->fingerprint = fingerprint(avro->text);
	return avro;
}
