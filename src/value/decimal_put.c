/*
 * decimal_put.c
 *		A decimal number as the Kafka Connect value of each decimal mode.
 *
 * precise	Kafka Connect's Decimal; Debezium's VariableScaleDecimal struct for
 *			numeric without precision
 * double	float64: cdc_put_double() of cdc_decimal_double()
 * string	BigDecimal.toPlainString
 *
 * Ordinary numbers are written with no allocation between; long ones free
 * what they took.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "value/decimal_put.h"

/* Room for the texts and integers of ordinary numbers; longer ones are allocated. */
#define LOCAL_TEXT 256
#define LOCAL_WORDS 16

/* Long texts are handed on in pieces of this size. */
#define PIECE 16384

static void put_unscaled(CdcBuf *buf, const CdcDecimal *number, int scale);
static void put_number(CdcBuf *buf, const CdcDecimal *number, int scale);
static const char *special_name(CdcDecimalKind kind);

/* Kafka Connect's Decimal; precision -1 for none. */
CdcSchema *
cdc_decimal_schema(int scale, int precision)
{
	CdcSchema *schema = cdc_schema_make(CDC_BYTES, "org.apache.kafka.connect.data.Decimal", 1);

	cdc_schema_add_number(schema, "scale", scale);
	if (precision >= 0)
		cdc_schema_add_number(schema, "connect.decimal.precision", precision);
	return schema;
}

/*
 * The fallback is zero with the scale of the column.  The placeholder for what
 * is unavailable is a string: no other mode has room for it.
 */
void
cdc_decimal_constants(CdcType *type)
{
	CdcDecimal zero = {CDC_DECIMAL_FINITE};
	CdcBuf buf;

	cdc_buf_palloc(&buf, 64);
	switch (type->settings->options->decimal_mode)
	{
		case CDC_DECIMAL_PRECISE:
			if (type->scale >= 0)
				cdc_decimal_put_precise(&buf, type, &zero);
			else
				cdc_decimal_put_variable(&buf, &zero);
			break;
		case CDC_DECIMAL_DOUBLE:
			cdc_put_double(&buf, 0);
			break;
		case CDC_DECIMAL_STRING:
			cdc_decimal_put_string(&buf, &zero, Max(type->scale, 0));
			break;
	}
	type->fallback = cdc_buf_cstring(&buf);

	if (type->settings->options->decimal_mode == CDC_DECIMAL_STRING)
		type->unavailable = cdc_constant_placeholder(type->settings);
}

/*
 * A Decimal must have exactly the scale of its schema.  NaN, the infinities
 * and digits beyond that scale, which no column with it can hold, have none.
 */
bool
cdc_decimal_put_precise(CdcBuf *buf, const CdcType *type, const CdcDecimal *number)
{
	if (number->kind != CDC_DECIMAL_FINITE || cdc_decimal_least_scale(number) > type->scale)
		return false;

	if (type->settings->converter->decimal_format == CDC_DECIMAL_FORMAT_NUMERIC && !buf->avro)
		put_number(buf, number, type->scale);
	else
		put_unscaled(buf, number, type->scale);
	return true;
}

/*
 * PostgresValueConverter.convertDecimal strips trailing zeros behind the point
 * before it makes the struct, into which decimal.format does not reach.
 */
bool
cdc_decimal_put_variable(CdcBuf *buf, const CdcDecimal *number)
{
	int scale;

	if (number->kind != CDC_DECIMAL_FINITE)
		return false;

	scale = cdc_decimal_least_scale(number);
	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "scale", 5);
	cdc_put_int64(buf, scale);
	cdc_put_member(buf, false, "value", 5);
	put_unscaled(buf, number, scale);
	cdc_put_struct_end(buf);
	return true;
}

void
cdc_decimal_put_string(CdcBuf *buf, const CdcDecimal *number, int scale)
{
	char local[LOCAL_TEXT];
	char *text = local;
	size_t size;
	size_t done;

	if (number->kind != CDC_DECIMAL_FINITE)
	{
		const char *name = special_name(number->kind);

		cdc_put_plain(buf, name, strlen(name));
		return;
	}

	size = cdc_decimal_plain_size(number, scale);
	if (size <= sizeof(local))
	{
		cdc_put_plain(buf, text, cdc_decimal_plain(number, scale, text));
		return;
	}

	text = palloc(size);
	size = cdc_decimal_plain(number, scale, text);
	cdc_put_string_begin(buf);
	for (done = 0; done < size; done += PIECE)
		cdc_put_string_part(buf, text + done, Min(size - done, PIECE));
	cdc_put_string_end(buf);
	pfree(text);
}

void
cdc_decimal_copy_string(CdcSlice *text, const CdcDecimal *number, int scale)
{
	char *copy;

	if (number->kind != CDC_DECIMAL_FINITE)
	{
		text->data = special_name(number->kind);
		text->len = strlen(text->data);
		return;
	}

	copy = palloc(cdc_decimal_plain_size(number, scale));
	text->len = cdc_decimal_plain(number, scale, copy);
	text->data = copy;
}

/* The unscaled integer as bytes, which JsonConverter writes in base64. */
static void
put_unscaled(CdcBuf *buf, const CdcDecimal *number, int scale)
{
	uint64_t local[LOCAL_WORDS];
	uint64_t *work = local;
	size_t words = cdc_decimal_unscaled_size(number, scale);
	const uint8_t *bytes;
	size_t len;

	if (words > LOCAL_WORDS)
	{
		CHECK_FOR_INTERRUPTS();
		work = palloc(words * sizeof(uint64_t));
	}
	len = cdc_decimal_unscaled(number, scale, work, &bytes);
	cdc_put_bytes(buf, bytes, len);
	if (work != local)
		pfree(work);
}

/* The number itself (decimal.format=NUMERIC). */
static void
put_number(CdcBuf *buf, const CdcDecimal *number, int scale)
{
	char local[LOCAL_TEXT];
	char *text = local;
	size_t size = cdc_decimal_plain_size(number, scale);
	size_t done;

	if (size > sizeof(local))
		text = palloc(size);
	size = cdc_decimal_java(number, scale, text);
	for (done = 0; done < size; done += PIECE)
		cdc_json_number(buf, text + done, Min(size - done, PIECE));
	if (text != local)
		pfree(text);
}

/* The constants of SpecialValueDecimal.SpecialValue by name: what string mode prints. */
static const char *
special_name(CdcDecimalKind kind)
{
	switch (kind)
	{
		case CDC_DECIMAL_POSITIVE_INFINITY:
			return "POSITIVE_INFINITY";
		case CDC_DECIMAL_NEGATIVE_INFINITY:
			return "NEGATIVE_INFINITY";
		default:
			return "NAN";
	}
}
