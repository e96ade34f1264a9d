/*
 * numeric.c
 *		numeric, as decimal.handling.mode wants it.
 *
 * The server's own digits are read where they lie, without numeric_out: the
 * digits of a number of ordinary length go from the tuple to the buffer with
 * no allocation between.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "compat.h"
#include "value/decimal_put.h"

/*
 * A numeric on disk, which the server declares in numeric.c only.  Unchanged
 * since 9.1, but for the infinities of 14; files of pg_upgrade depend on it.
 * After the length comes a word with flags.  Its two top bits tell the form:
 *		10	short: 13 bits sign, display scale and weight; then the digits
 *		11	NaN and infinities: two more bits tell which
 *		0x	long: sign and 14 bits of display scale; a word of weight; the digits
 */
#define FORM_MASK 0xC000
#define FORM_SHORT 0x8000
#define FORM_SPECIAL 0xC000
#define LONG_NEGATIVE 0x4000
#define LONG_DSCALE 0x3FFF
#define SPECIAL_MASK 0xF000
#define SPECIAL_NAN 0xC000
#define SPECIAL_POSITIVE 0xD000
#define SPECIAL_NEGATIVE 0xF000
#define SHORT_NEGATIVE 0x2000
#define SHORT_DSCALE 0x1F80
#define SHORT_DSCALE_SHIFT 7
#define SHORT_WEIGHT_SIGN 0x0040
#define SHORT_WEIGHT 0x003F

static bool encode_precise(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_variable(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_double(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_string(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_element_double(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_element_string(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_string(const CdcType *type, Datum value, CdcSlice *text);
static bool is_ordinary(Datum value);

bool
cdc_numeric_resolve(CdcType *type, const CdcTypeInfo *info)
{
	/*
	 * A numeric array with a NaN or an infinity among its elements is null for
	 * the connector in every mode.  Without quirks elements are rendered as
	 * the scalar would be.
	 */
	bool ordinary_only = info->in_array && type->settings->quirks;

	if (info->typid != NUMERICOID)
		return false;

	if (info->typmod >= (int32) VARHDRSZ)
	{
		/*
		 * A negative scale s comes out as 2048 + s: the JDBC driver does not
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
				type->schema = cdc_decimal_schema(type->scale, type->precision);
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
	cdc_decimal_constants(type);
	return true;
}

/* The digits stay where they are: "number" lives as long as the datum. */
void
cdc_numeric_read(CdcDecimal *number, Datum value)
{
	const struct varlena *datum = (const struct varlena *) DatumGetPointer(value);
	const char *data = VARDATA_ANY(datum);
	Size size = VARSIZE_ANY_EXHDR(datum);
	uint16 header;
	int16 weight;

	/* a short varlena header leaves everything unaligned */
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	size -= sizeof(header);

	number->kind = CDC_DECIMAL_FINITE;
	number->dscale = 0;
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
			memcpy(&weight, data, sizeof(weight));
			data += sizeof(weight);
			size -= sizeof(weight);
			number->negative = (header & LONG_NEGATIVE) != 0;
			number->dscale = header & LONG_DSCALE;
			number->weight = weight;
			break;
	}
	number->ndigits = size / sizeof(uint16);
	number->digits = data;
	cdc_decimal_normalize(number);
}

static bool
encode_precise(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal number;

	cdc_numeric_read(&number, value);
	return cdc_decimal_put_precise(buf, type, &number);
}

static bool
encode_variable(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal number;

	cdc_numeric_read(&number, value);
	return cdc_decimal_put_variable(buf, &number);
}

static bool
encode_double(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal number;

	cdc_numeric_read(&number, value);
	cdc_put_double(buf, cdc_decimal_double(&number));
	return true;
}

static bool
encode_string(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal number;

	cdc_numeric_read(&number, value);
	cdc_decimal_put_string(buf, &number, Max(number.dscale, type->scale));
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
	CdcDecimal number;

	cdc_numeric_read(&number, value);
	cdc_decimal_copy_string(text, &number, Max(number.dscale, type->scale));
	return true;
}

static bool
is_ordinary(Datum value)
{
	CdcDecimal number;

	cdc_numeric_read(&number, value);
	return number.kind == CDC_DECIMAL_FINITE;
}
