/*
 * avro.c
 *		From JSON to Avro, by schema.
 *
 * For what is the same in every row, and for records that are few: constants
 * of columns, transactions' begin and end, logical messages.  Rows are written
 * as Avro by their encoders.  Only our own JSON is read: it is well-formed, and
 * has the members that the schema has, in its order.
 */
#include "postgres.h"

#include "value/value.h"

/* What is left to read. */
typedef struct Reader
{
	const char *p;
	const char *end;
} Reader;

static void write_value(CdcBuf *buf, const CdcSchema *schema, Reader *json);
static void write_zero(CdcBuf *buf, const CdcSchema *schema);

/* The next value, which is left behind. */
static CdcSlice
take(Reader *json)
{
	const char *start = json->p;
	int depth = 0;
	CdcSlice value;

	do
	{
		char c = *json->p++;

		if (c == '"')
		{
			while (*json->p != '"')
				json->p += *json->p == '\\' ? 2 : 1;
			json->p++;
		}
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		else if (c != ',' && c != ':')
			while (json->p < json->end && !strchr(",:]}", *json->p))
				json->p++;
	} while (depth > 0 && json->p < json->end);
	value.data = start;
	value.len = json->p - start;
	return value;
}

/* Is the next character this one?  Then it is left behind. */
static bool
skip(Reader *json, char c)
{
	if (json->p >= json->end || *json->p != c)
		return false;
	json->p++;
	return true;
}

/* How many elements or members has the array or object, or pairs a map? */
static size_t
count(Reader json)
{
	size_t n = 0;
	bool object = *json.p++ == '{';

	if (*json.p == '}' || *json.p == ']')
		return 0;
	do
	{
		(void) take(&json);
		if (object && skip(&json, ':'))
			(void) take(&json);
		n++;
	} while (skip(&json, ','));
	return n;
}

static bool
is_null(const Reader *json)
{
	return json->end - json->p >= 4 && memcmp(json->p, "null", 4) == 0;
}

static void
write_scalar(CdcBuf *buf, const CdcSchema *schema, CdcSlice json)
{
	CdcSlice text = cdc_unquote(json.data, json.len);

	switch (schema->type)
	{
		case CDC_BOOLEAN:
			cdc_buf_char(buf, json.data[0] == 't');
			break;
		case CDC_FLOAT32:
			/* NaN and the infinities are strings in JSON, and strtof() reads them */
			cdc_avro_float(buf, strtof(pnstrdup(text.data, text.len), NULL));
			break;
		case CDC_FLOAT64:
			cdc_avro_double(buf, strtod(pnstrdup(text.data, text.len), NULL));
			break;
		case CDC_STRING:
			cdc_avro_string(buf, text.data, text.len);
			break;
		case CDC_BYTES:
			text = cdc_unbase64(text, text.len);
			cdc_avro_bytes(buf, text.data, text.len);
			break;
		default:
			cdc_avro_long(buf, strtoll(pnstrdup(json.data, json.len), NULL, 10));
			break;
	}
}

/* A map, or an array, which has no keys. */
static void
write_items(CdcBuf *buf, const CdcSchema *schema, Reader *json)
{
	bool pairs = schema->type == CDC_MAP;
	bool object = *json->p == '{';
	size_t n = count(*json);

	if (n > 0)
		cdc_avro_long(buf, n);
	json->p++;
	for (size_t i = 0; i < n; i++)
	{
		if (pairs && !object)
			json->p++; /* [key,value] */
		if (pairs)
		{
			write_value(buf, schema->keys, json);
			json->p++;
		}
		write_value(buf, schema->items, json);
		if (pairs && !object)
			json->p++;
		skip(json, ',');
	}
	json->p++;
	cdc_avro_long(buf, 0);
}

static void
write_value(CdcBuf *buf, const CdcSchema *schema, Reader *json)
{
	if (is_null(json))
	{
		(void) take(json);
		if (schema->optional)
			cdc_avro_long(buf, cdc_avro_null_branch(schema));
		else
			write_zero(buf, schema);
		return;
	}
	if (schema->optional)
		cdc_avro_long(buf, !cdc_avro_null_branch(schema));
	switch (schema->type)
	{
		case CDC_STRUCT:
			json->p++;
			for (int i = 0; i < schema->nfields; i++)
			{
				(void) take(json); /* its name */
				json->p++;
				write_value(buf, schema->fields[i].schema, json);
				skip(json, ',');
			}
			json->p++;
			break;
		case CDC_ARRAY:
		case CDC_MAP:
			write_items(buf, schema, json);
			break;
		default:
			write_scalar(buf, schema, take(json));
			break;
	}
}

/* Where there is no value and may be no null: 0, an empty string, a struct of these. */
static void
write_zero(CdcBuf *buf, const CdcSchema *schema)
{
	switch (schema->type)
	{
		case CDC_STRUCT:
			for (int i = 0; i < schema->nfields; i++)
			{
				const CdcSchema *field = schema->fields[i].schema;

				if (field->optional)
					cdc_avro_long(buf, cdc_avro_null_branch(field));
				else
					write_zero(buf, field);
			}
			break;
		case CDC_FLOAT32:
			cdc_avro_float(buf, 0);
			break;
		case CDC_FLOAT64:
			cdc_avro_double(buf, 0);
			break;
		default:
			cdc_buf_char(buf, 0); /* also false, and what has no bytes or items */
			break;
	}
}

void
cdc_avro_value(CdcBuf *buf, const CdcSchema *schema, const char *json, size_t len)
{
	Reader reader = {json, json + len};

	write_value(buf, schema, &reader);
}

/*
 * AvroData puts null second where the schema has a default, because a union's
 * default is of its first branch.
 */
int
cdc_avro_null_branch(const CdcSchema *schema)
{
	return schema->default_json ? 1 : 0;
}
