/*
 * numeric.c
 *		numeric and money, as decimal.handling.mode wants them.
 *
 * precise	Kafka Connect's Decimal; Debezium's VariableScaleDecimal struct for
 *			numeric without precision
 * double	float64
 * string	BigDecimal.toPlainString
 *
 * The server's own digits are read where they lie, without numeric_out: the
 * digits of a number of ordinary length go from the tuple to the buffer with
 * no allocation between.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/cash.h"
#include "utils/guc.h"
#include "utils/pg_locale.h"

#include "value/decimal.h"
#include "value/value.h"

/*
 * A numeric on disk, which the server declares in numeric.c only.  Unchanged
 * since 9.1, but for the infinities of 14; files of pg_upgrade depend on it.
 * After the length comes a word with flags.  Its two top bits tell the form:
 *		10	short: 13 bits sign, display scale and weight; then the digits
 *		11	NaN and infinities: two more bits tell which
 *		0x	long: sign and 14 bits of display scale; a word of weight; the digits
 */
#define FORM_MASK			0xC000
#define FORM_SHORT			0x8000
#define FORM_SPECIAL		0xC000
#define LONG_NEGATIVE		0x4000
#define LONG_DSCALE			0x3FFF
#define SPECIAL_MASK		0xF000
#define SPECIAL_NAN			0xC000
#define SPECIAL_POSITIVE	0xD000
#define SPECIAL_NEGATIVE	0xF000
#define SHORT_NEGATIVE		0x2000
#define SHORT_DSCALE		0x1F80
#define SHORT_DSCALE_SHIFT	7
#define SHORT_WEIGHT_SIGN	0x0040
#define SHORT_WEIGHT		0x003F

/* Room for the texts and integers of ordinary numbers; longer ones are allocated. */
#define LOCAL_TEXT 256
#define LOCAL_WORDS 16

/* Long texts are handed on in pieces of this size. */
#define PIECE 16384

static void resolve_numeric(CdcType *type, const CdcTypeInfo *info);
static void resolve_money(CdcType *type);
static CdcSchema *decimal_schema(int scale, int precision);
static void render_fallback(CdcType *type);
static int	money_digits(void);
static void read_numeric(CdcDecimal *number, Datum value);
static void read_money(CdcDecimal *number, uint16_t *digits, const CdcType *type, Datum value);
static bool encode_precise(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_variable(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_double(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_string(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_element_double(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_element_string(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_string(const CdcType *type, Datum value, CdcSlice *text);
static bool encode_money_precise(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_money_double(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_money_string(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_money_string(const CdcType *type, Datum value, CdcSlice *text);
static bool is_ordinary(Datum value);
static bool put_precise(CdcBuf *buf, const CdcType *type, const CdcDecimal *number);
static bool put_variable(CdcBuf *buf, const CdcDecimal *number);
static void put_string(CdcBuf *buf, const CdcDecimal *number, int scale);
static void put_unscaled(CdcBuf *buf, const CdcDecimal *number, int scale);
static void put_number(CdcBuf *buf, const CdcDecimal *number, int scale);
static void copy_string(CdcSlice *text, const CdcDecimal *number, int scale);
static const char *special_name(CdcDecimalKind kind);

bool
cdc_numeric_resolve(CdcType *type, const CdcTypeInfo *info)
{
	if (info->typid == NUMERICOID)
		resolve_numeric(type, info);
	else if (info->typid == CASHOID)
		resolve_money(type);
	else
		return false;

	if (type->settings->options->decimal_mode == CDC_DECIMAL_STRING)
		type->unavailable = cdc_constant_placeholder(type->settings);
	render_fallback(type);
	return true;
}

static void
resolve_numeric(CdcType *type, const CdcTypeInfo *info)
{
	/*
	 * A numeric array with a NaN or an infinity among its elements is null for
	 * the connector in every mode.  Without quirks elements are rendered as
	 * the scalar would be.
	 */
	bool		ordinary_only = info->in_array && type->settings->quirks;

	if (info->typmod >= (int32) VARHDRSZ)
	{
		/*
		 * A negative scale comes out as 2048 minus it: the JDBC driver does not
		 * extend the sign of these eleven bits, and Debezium goes by it.
		 */
		type->precision = ((info->typmod - VARHDRSZ) >> 16) & 0xffff;
		type->scale = (info->typmod - VARHDRSZ) & 0x7ff;
	}

	switch (type->settings->options->decimal_mode)
	{
		case CDC_DECIMAL_PRECISE:
			if (type->scale >= 0)
			{
				type->schema = decimal_schema(type->scale, type->precision);
				type->encode = encode_precise;
				break;
			}
			type->schema = cdc_schema_struct("io.debezium.data.VariableScaleDecimal", 1,
											 "Variable scaled decimal");
			cdc_schema_add_field(type->schema, "scale", cdc_schema_make(CDC_INT32, NULL, 0));
			cdc_schema_add_field(type->schema, "value", cdc_schema_make(CDC_BYTES, NULL, 0));
			type->encode = encode_variable;
			break;
		case CDC_DECIMAL_DOUBLE:
			type->schema = cdc_schema_make(CDC_FLOAT64, NULL, 0);
			type->encode = ordinary_only ? encode_element_double : encode_double;
			break;
		case CDC_DECIMAL_STRING:
			type->schema = cdc_schema_make(CDC_STRING, NULL, 0);
			type->encode = ordinary_only ? encode_element_string : encode_string;
			type->text = get_string;
			break;
	}
}

static void
resolve_money(CdcType *type)
{
	int		   *digits = palloc(sizeof(int));

	*digits = money_digits();
	type->private = digits;
	type->scale = type->settings->options->money_fraction_digits;

	switch (type->settings->options->decimal_mode)
	{
		case CDC_DECIMAL_PRECISE:
			type->schema = decimal_schema(type->scale, -1);
			type->encode = encode_money_precise;
			break;
		case CDC_DECIMAL_DOUBLE:
			type->schema = cdc_schema_make(CDC_FLOAT64, NULL, 0);
			type->encode = encode_money_double;
			break;
		case CDC_DECIMAL_STRING:
			type->schema = cdc_schema_make(CDC_STRING, NULL, 0);
			type->encode = encode_money_string;
			type->text = get_money_string;
			break;
	}
}

/* Kafka Connect's Decimal; precision -1 for none. */
static CdcSchema *
decimal_schema(int scale, int precision)
{
	CdcSchema  *schema = cdc_schema_make(CDC_BYTES, "org.apache.kafka.connect.data.Decimal", 1);

	cdc_schema_add_parameter(schema, "scale", psprintf("%d", scale));
	if (precision >= 0)
		cdc_schema_add_parameter(schema, "connect.decimal.precision", psprintf("%d", precision));
	return schema;
}

/* Zero, with the scale of the column: what the connector puts for values that it was not sent. */
static void
render_fallback(CdcType *type)
{
	CdcDecimal	zero = {CDC_DECIMAL_FINITE};
	CdcBuf		buf;

	cdc_buf_palloc(&buf, 64);
	switch (type->settings->options->decimal_mode)
	{
		case CDC_DECIMAL_PRECISE:
			if (type->scale >= 0)
				put_precise(&buf, type, &zero);
			else
				put_variable(&buf, &zero);
			break;
		case CDC_DECIMAL_DOUBLE:
			cdc_json_double(&buf, 0);
			break;
		case CDC_DECIMAL_STRING:
			put_string(&buf, &zero, Max(type->scale, 0));
			break;
	}
	type->fallback = cdc_buf_cstring(&buf);
}

/*
 * How many of the digits of a money value are behind the point: cash_out()
 * takes it from lc_monetary, so the number that is stored means nothing
 * without it.  What counts is the database's (or role's) setting, not what the
 * session has changed it to.
 */
static int
money_digits(void)
{
	const char *name = "lc_monetary";
	int			nestlevel = NewGUCNestLevel();
	int			digits;

	(void) set_config_option(name, GetConfigOptionResetString(name), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, DEBUG1, false);
	digits = PGLC_localeconv()->frac_digits;
	AtEOXact_GUC(true, nestlevel);

	/* as cash_out() does, for locales that say nothing sensible */
	return digits < 0 || digits > 10 ? 2 : digits;
}

/* The digits stay where they are: "number" lives as long as the datum. */
static void
read_numeric(CdcDecimal *number, Datum value)
{
	const struct varlena *datum = (const struct varlena *) DatumGetPointer(value);
	const char *data = VARDATA_ANY(datum);
	Size		size = VARSIZE_ANY_EXHDR(datum);
	uint16		header;

	/* a short varlena header leaves everything unaligned */
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	size -= sizeof(header);

	number->kind = CDC_DECIMAL_FINITE;
	switch (header & FORM_MASK)
	{
		case FORM_SPECIAL:
			if ((header & SPECIAL_MASK) == SPECIAL_POSITIVE)
				number->kind = CDC_DECIMAL_POSITIVE_INFINITY;
			else if ((header & SPECIAL_MASK) == SPECIAL_NEGATIVE)
				number->kind = CDC_DECIMAL_NEGATIVE_INFINITY;
			else
				number->kind = CDC_DECIMAL_NAN;
			return;
		case FORM_SHORT:
			number->negative = (header & SHORT_NEGATIVE) != 0;
			number->dscale = (header & SHORT_DSCALE) >> SHORT_DSCALE_SHIFT;
			number->weight = header & SHORT_WEIGHT;
			if (header & SHORT_WEIGHT_SIGN)
				number->weight -= SHORT_WEIGHT + 1;
			break;
		default:
			{
				int16		weight;

				memcpy(&weight, data, sizeof(weight));
				data += sizeof(weight);
				size -= sizeof(weight);
				number->negative = (header & LONG_NEGATIVE) != 0;
				number->dscale = header & LONG_DSCALE;
				number->weight = weight;
			}
			break;
	}
	number->ndigits = size / sizeof(uint16);
	number->digits = data;
	cdc_decimal_normalize(number);
}

/* With all digits that the server shows, whatever money.fraction.digits says. */
static void
read_money(CdcDecimal *number, uint16_t *digits, const CdcType *type, Datum value)
{
	cdc_decimal_from_int64(number, digits, DatumGetCash(value), *(const int *) type->private);
}

static bool
encode_precise(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal	number;

	read_numeric(&number, value);
	return put_precise(buf, type, &number);
}

static bool
encode_variable(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal	number;

	read_numeric(&number, value);
	return put_variable(buf, &number);
}

static bool
encode_double(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal	number;

	read_numeric(&number, value);
	cdc_json_double(buf, cdc_decimal_double(&number));
	return true;
}

static bool
encode_string(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal	number;

	read_numeric(&number, value);
	put_string(buf, &number, Max(number.dscale, type->scale));
	return true;
}

static bool
encode_element_double(CdcBuf *buf, const CdcType *type, Datum value)
{
	return is_ordinary(value) && encode_double(buf, type, value);
}

static bool
encode_element_string(CdcBuf *buf, const CdcType *type, Datum value)
{
	return is_ordinary(value) && encode_string(buf, type, value);
}

static bool
get_string(const CdcType *type, Datum value, CdcSlice *text)
{
	CdcDecimal	number;

	read_numeric(&number, value);
	copy_string(text, &number, Max(number.dscale, type->scale));
	return true;
}

/* Rounded half up, away from zero, to money.fraction.digits (PostgresValueConverter.convertMoney). */
static bool
encode_money_precise(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal	number;
	uint16_t	digits[CDC_DECIMAL_INT64_DIGITS];
	int			surplus = *(const int *) type->private - type->scale;
	int64		cents = DatumGetCash(value);
	int64		unit = 1;
	int64		rest;

	if (surplus <= 0)
	{
		read_money(&number, digits, type, value);
		return put_precise(buf, type, &number);
	}

	while (surplus-- > 0)
		unit *= 10;
	rest = cents % unit;
	cents /= unit;
	if (rest >= unit / 2)
		cents++;
	else if (rest <= -unit / 2)
		cents--;
	cdc_decimal_from_int64(&number, digits, cents, type->scale);
	return put_precise(buf, type, &number);
}

static bool
encode_money_double(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal	number;
	uint16_t	digits[CDC_DECIMAL_INT64_DIGITS];

	read_money(&number, digits, type, value);
	cdc_json_double(buf, cdc_decimal_double(&number));
	return true;
}

static bool
encode_money_string(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal	number;
	uint16_t	digits[CDC_DECIMAL_INT64_DIGITS];

	read_money(&number, digits, type, value);
	put_string(buf, &number, number.dscale);
	return true;
}

static bool
get_money_string(const CdcType *type, Datum value, CdcSlice *text)
{
	CdcDecimal	number;
	uint16_t	digits[CDC_DECIMAL_INT64_DIGITS];

	read_money(&number, digits, type, value);
	copy_string(text, &number, number.dscale);
	return true;
}

static bool
is_ordinary(Datum value)
{
	CdcDecimal	number;

	read_numeric(&number, value);
	return number.kind == CDC_DECIMAL_FINITE;
}

/*
 * A Decimal must have exactly the scale of its schema.  NaN, the infinities
 * and digits beyond that scale, which no column with it can hold, have none.
 */
static bool
put_precise(CdcBuf *buf, const CdcType *type, const CdcDecimal *number)
{
	if (number->kind != CDC_DECIMAL_FINITE || cdc_decimal_least_scale(number) > type->scale)
		return false;

	if (type->settings->converter->decimal_format == CDC_DECIMAL_FORMAT_NUMERIC)
		put_number(buf, number, type->scale);
	else
		put_unscaled(buf, number, type->scale);
	return true;
}

/* Debezium strips trailing zeros (VariableScaleDecimal.fromLogical); decimal.format does not reach into the struct. */
static bool
put_variable(CdcBuf *buf, const CdcDecimal *number)
{
	int			scale;

	if (number->kind != CDC_DECIMAL_FINITE)
		return false;

	scale = cdc_decimal_least_scale(number);
	cdc_json_struct_begin(buf);
	cdc_json_member(buf, true, "scale", 5);
	cdc_json_int64(buf, scale);
	cdc_json_member(buf, false, "value", 5);
	put_unscaled(buf, number, scale);
	cdc_json_struct_end(buf);
	return true;
}

static void
put_string(CdcBuf *buf, const CdcDecimal *number, int scale)
{
	char		local[LOCAL_TEXT];
	char	   *text = local;
	size_t		size;
	size_t		done;

	if (number->kind != CDC_DECIMAL_FINITE)
	{
		const char *name = special_name(number->kind);

		cdc_json_plain(buf, name, strlen(name));
		return;
	}

	size = cdc_decimal_plain_size(number, scale);
	if (size <= sizeof(local))
	{
		cdc_json_plain(buf, text, cdc_decimal_plain(number, scale, text));
		return;
	}

	text = palloc(size);
	size = cdc_decimal_plain(number, scale, text);
	cdc_json_string_begin(buf);
	for (done = 0; done < size; done += PIECE)
		cdc_json_string_part(buf, text + done, Min(size - done, PIECE));
	cdc_json_string_end(buf);
	pfree(text);
}

/* The unscaled integer as bytes, which JsonConverter writes in base64. */
static void
put_unscaled(CdcBuf *buf, const CdcDecimal *number, int scale)
{
	uint64_t	local[LOCAL_WORDS];
	uint64_t   *work = local;
	size_t		words = cdc_decimal_unscaled_size(number, scale);
	const uint8_t *bytes;
	size_t		len;

	if (words > LOCAL_WORDS)
	{
		CHECK_FOR_INTERRUPTS();
		work = palloc(words * sizeof(uint64_t));
	}
	len = cdc_decimal_unscaled(number, scale, work, &bytes);
	cdc_json_base64(buf, bytes, len);
	if (work != local)
		pfree(work);
}

/* The number itself (decimal.format=NUMERIC). */
static void
put_number(CdcBuf *buf, const CdcDecimal *number, int scale)
{
	char		local[LOCAL_TEXT];
	char	   *text = local;
	size_t		size = cdc_decimal_plain_size(number, scale);
	size_t		done;

	if (size > sizeof(local))
		text = palloc(size);
	size = cdc_decimal_java(number, scale, text);
	for (done = 0; done < size; done += PIECE)
		cdc_json_number(buf, text + done, Min(size - done, PIECE));
	if (text != local)
		pfree(text);
}

static void
copy_string(CdcSlice *text, const CdcDecimal *number, int scale)
{
	char	   *copy;

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

/* The names of the constants of Debezium's SpecialValueDecimal, which it prints in string mode. */
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
