/*
 * interval.c
 *		interval, as microseconds or as an ISO 8601 duration.
 *
 * The connector reads the server's text with PGInterval: years, months, days,
 * hours and minutes as integers, and seconds as a double.  Here the same
 * fields come from the binary value.  Its arithmetic is repeated operation by
 * operation in doubles, because its rounding shows: 1.235 s are 1234999
 * microseconds, and 1.234999999 as text.  type->encode() takes any Datum of the
 * type.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/timestamp.h"

#include "value/value.h"

#define DAYS_PER_MONTH_AVG 30.4375 /* MicroDuration: 365.25 / 12 */
#define MAX_FRACTION 9 /* Interval.toIsoString() cuts the seconds there */

/* Each field has its own sign, as in the server's text. */
typedef struct IntervalFields
{
	int32 years;
	int32 months; /* -11 to 11 */
	int32 days;
	int64 hours; /* beyond int32 the connector stops; here they go on */
	int32 minutes;
	int32 seconds;
	int32 micros;
} IntervalFields;

static bool interval_micros(CdcBuf *buf, const CdcType *type, Datum value);
static bool interval_iso(CdcBuf *buf, const CdcType *type, Datum value);

bool
cdc_interval_resolve(CdcType *type, const CdcTypeInfo *info)
{
	bool string = type->settings->options->interval_mode == CDC_INTERVAL_STRING;

	if (info->typid != INTERVALOID)
		return false;

	if (info->typmod >= 0 && INTERVAL_PRECISION(info->typmod) != INTERVAL_FULL_PRECISION)
		type->precision = INTERVAL_PRECISION(info->typmod);
	if (string)
	{
		type->schema = cdc_schema_make(CDC_STRING, "io.debezium.time.Interval", 1);
		type->encode = interval_iso;
		type->fallback = "\"P0Y0M0DT0H0M0S\"";
	}
	else
	{
		type->schema = cdc_schema_make(CDC_INT64, "io.debezium.time.MicroDuration", 1);
		type->encode = interval_micros;
		type->fallback = "0";
	}
	if (string || !type->settings->fits)
		type->unavailable = cdc_constant_placeholder(type->settings);
	return true;
}

/*
 * PGInterval finds nothing that it knows in the text of an infinite interval
 * (there are some since PostgreSQL 17): all fields are 0, which is a false
 * value.  False: by default such a value does not convert.
 */
static bool
read_fields(const CdcType *type, Datum value, IntervalFields *fields)
{
	const Interval *interval = DatumGetIntervalP(value);
	int64 time = interval->time;

	memset(fields, 0, sizeof(*fields));
#ifdef INTERVAL_NOT_FINITE
	if (INTERVAL_NOT_FINITE(interval))
		return type->settings->quirks;
#endif
	fields->years = interval->month / MONTHS_PER_YEAR;
	fields->months = interval->month % MONTHS_PER_YEAR;
	fields->days = interval->day;
	fields->hours = time / USECS_PER_HOUR;
	time %= USECS_PER_HOUR;
	fields->minutes = (int32) (time / USECS_PER_MINUTE);
	time %= USECS_PER_MINUTE;
	fields->seconds = (int32) (time / USECS_PER_SEC);
	fields->micros = (int32) (time % USECS_PER_SEC);
	return true;
}

/* PGInterval.getSeconds() */
static double
seconds_as_double(const IntervalFields *fields)
{
	volatile double fraction = fields->micros / 1000000.0;

	return fields->seconds + fraction;
}

/*
 * MicroDuration.durationMicros().  Every step is stored: the compiler must not
 * join a multiplication and an addition into one rounding, as it may on
 * machines that have such an instruction.
 */
static int64
duration_micros(const IntervalFields *fields)
{
	volatile double sum;

	sum = (fields->years * MONTHS_PER_YEAR + fields->months) * DAYS_PER_MONTH_AVG;
	sum = sum + fields->days;
	sum = sum * 24;
	sum = sum + (double) fields->hours;
	sum = sum * 60;
	sum = sum + fields->minutes;
	sum = sum * 60;
	sum = sum + seconds_as_double(fields);
	sum = sum * 1e6;

	/* Java's cast to long saturates; -2^63 and 2^63 are doubles */
	if (sum >= 9223372036854775808.0)
		return PG_INT64_MAX;
	if (sum <= -9223372036854775808.0)
		return PG_INT64_MIN;
	return (int64) sum;
}

static bool
interval_micros(CdcBuf *buf, const CdcType *type, Datum value)
{
	IntervalFields fields;

	if (!read_fields(type, value, &fields))
		return false;
	cdc_put_int64(buf, duration_micros(&fields));
	return true;
}

static char *
put_int(char *p, int64 value, char unit)
{
	uint64 rest = value < 0 ? 0 - (uint64) value : (uint64) value;
	char digits[20];
	int n = 0;

	if (value < 0)
		*p++ = '-';
	do
		digits[n++] = (char) ('0' + rest % 10);
	while ((rest /= 10) > 0);
	while (n > 0)
		*p++ = digits[--n];
	*p++ = unit;
	return p;
}

/*
 * A double of less than 60 as BigDecimal.valueOf() has it, cut after nine
 * decimals, without trailing zeros and without an exponent: its shortest
 * digits, put where the decimal point is.
 */
static char *
put_seconds(char *p, double seconds)
{
	char shortest[DOUBLE_SHORTEST_DECIMAL_LEN];
	char decimals[MAX_FRACTION];
	int len = double_to_shortest_decimal_bufn(fabs(seconds), shortest);
	int whole = 0;
	int shift = 0; /* zeros between the point and the digits: 1e-05 has four */
	int n = 0;
	int i = 0;

	if (len > 4 && shortest[len - 4] == 'e')
	{
		shift = (shortest[len - 2] - '0') * 10 + (shortest[len - 1] - '0') - 1;
		len -= 4;
		while (n < shift && n < MAX_FRACTION)
			decimals[n++] = '0';
	}
	else
	{
		for (; i < len && shortest[i] != '.'; i++)
			whole = whole * 10 + (shortest[i] - '0');
	}
	for (; i < len && n < MAX_FRACTION; i++)
	{
		if (shortest[i] != '.')
			decimals[n++] = shortest[i];
	}
	while (n > 0 && decimals[n - 1] == '0')
		n--;

	if (seconds < 0 && (whole > 0 || n > 0))
		*p++ = '-';
	if (whole >= 10)
		*p++ = (char) ('0' + whole / 10);
	*p++ = (char) ('0' + whole % 10);
	if (n > 0)
	{
		*p++ = '.';
		memcpy(p, decimals, n);
		p += n;
	}
	*p++ = 'S';
	return p;
}

/* Interval.toIsoString(): all six fields, also those that are 0; at most 96 characters. */
static size_t
format_iso(char *out, const IntervalFields *fields)
{
	char *p = out;

	*p++ = 'P';
	p = put_int(p, fields->years, 'Y');
	p = put_int(p, fields->months, 'M');
	p = put_int(p, fields->days, 'D');
	*p++ = 'T';
	p = put_int(p, fields->hours, 'H');
	p = put_int(p, fields->minutes, 'M');
	p = put_seconds(p, seconds_as_double(fields));
	return (size_t) (p - out);
}

static bool
interval_iso(CdcBuf *buf, const CdcType *type, Datum value)
{
	IntervalFields fields;
	char text[96];

	if (!read_fields(type, value, &fields))
		return false;
	cdc_put_plain(buf, text, format_iso(text, &fields));
	return true;
}
