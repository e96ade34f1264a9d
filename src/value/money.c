/*
 * money.c
 *		money, as decimal.handling.mode wants it.
 *
 * The server keeps an integer; where the point lies is the locale's business.
 * Debezium reads the server's text: in precise mode rounded or padded to
 * money.fraction.digits, in the others as the server shows it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/cash.h"
#include "utils/guc.h"

#include "compat.h"
#include "value/decimal_put.h"

static int read_fraction_digits(void);
static void read_money(CdcDecimal *number, uint16_t *digits, const CdcType *type, Datum value);
static bool encode_precise(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_double(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_string(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_string(const CdcType *type, Datum value, CdcSlice *text);

bool
cdc_money_resolve(CdcType *type, const CdcTypeInfo *info)
{
	int *digits;

	if (info->typid != CASHOID)
		return false;

	digits = palloc(sizeof(int));
	*digits = read_fraction_digits();
	type->private = digits;
	type->scale = type->settings->options->money_fraction_digits;

	switch (type->settings->options->decimal_mode)
	{
		case CDC_DECIMAL_PRECISE:
			type->schema = cdc_decimal_schema(type->scale, -1);
			type->encode = encode_precise;
			break;
		case CDC_DECIMAL_DOUBLE:
			type->schema = cdc_schema_make(CDC_FLOAT64, NULL, 0);
			type->encode = encode_double;
			break;
		case CDC_DECIMAL_STRING:
			type->schema = cdc_schema_make(CDC_STRING, NULL, 0);
			type->encode = encode_string;
			type->text = get_string;
			break;
	}
	cdc_decimal_constants(type);
	return true;
}

/*
 * How many of the digits of a money value are behind the point: cash_out()
 * takes it from lc_monetary, so the number that is stored means nothing
 * without it.  What counts is the database's (or role's) setting, not what the
 * session has changed it to.
 */
static int
read_fraction_digits(void)
{
	const char *name = "lc_monetary";
	int nestlevel = NewGUCNestLevel();
	int digits;

	(void) set_config_option(name, GetConfigOptionResetString(name), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, DEBUG1, false);
	digits = PGLC_localeconv()->frac_digits;
	AtEOXact_GUC(true, nestlevel);

	/* as cash_out() does, for locales that say nothing sensible */
	return digits < 0 || digits > 10 ? 2 : digits;
}

/* With all digits that the server shows, whatever money.fraction.digits says. */
static void
read_money(CdcDecimal *number, uint16_t *digits, const CdcType *type, Datum value)
{
	cdc_decimal_from_int64(number, digits, DatumGetCash(value), *(const int *) type->private);
}

/* Rounded to money.fraction.digits, half up, as PostgresValueConverter.convertMoney does. */
static bool
encode_precise(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal number;
	uint16_t digits[CDC_DECIMAL_INT64_DIGITS];
	int surplus = *(const int *) type->private - type->scale;
	int64 cents = DatumGetCash(value);
	int64 unit = 1;
	int64 rest;

	if (surplus <= 0)
	{
		read_money(&number, digits, type, value);
		return cdc_decimal_put_precise(buf, type, &number);
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
	return cdc_decimal_put_precise(buf, type, &number);
}

static bool
encode_double(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal number;
	uint16_t digits[CDC_DECIMAL_INT64_DIGITS];

	read_money(&number, digits, type, value);
	cdc_put_double(buf, cdc_decimal_double(&number));
	return true;
}

static bool
encode_string(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcDecimal number;
	uint16_t digits[CDC_DECIMAL_INT64_DIGITS];

	read_money(&number, digits, type, value);
	cdc_decimal_put_string(buf, &number, number.dscale);
	return true;
}

static bool
get_string(const CdcType *type, Datum value, CdcSlice *text)
{
	CdcDecimal number;
	uint16_t digits[CDC_DECIMAL_INT64_DIGITS];

	read_money(&number, digits, type, value);
	cdc_decimal_copy_string(text, &number, number.dscale);
	return true;
}
