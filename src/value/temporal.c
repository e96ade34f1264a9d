/*
 * temporal.c
 *		date, time, timetz, timestamp, timestamptz.
 *
 * A column's schema and encoder follow from time.precision.mode and, for some
 * modes, from the declared number of fractional digits (Debezium's
 * TemporalPrecisionMode).  Everything is computed from the binary value: no
 * session setting has a say.  type->encode() takes any Datum of the type, also
 * one that was never stored, such as a parsed column default; it uses nothing
 * but type->settings, precision, schema and private.
 *
 * With debezium.quirks the elements of arrays are what the JDBC driver's
 * java.sql classes leave of them (see the driver_ functions): the driver
 * rewrites the Datum and the scalar's encoder prints it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "value/calendar.h"
#include "value/value.h"

#define DEFAULT_DIGITS 6
#define EPOCH_SHIFT_SECONDS (CDC_POSTGRES_EPOCH_DAY * CDC_SECONDS_PER_DAY)
#define EPOCH_SHIFT_MICROS (CDC_POSTGRES_EPOCH_DAY * CDC_MICROS_PER_DAY)
#define NANOS_PER_DAY (CDC_MICROS_PER_DAY * 1000)

/*
 * PGStatement.DATE_POSITIVE_INFINITY and DATE_NEGATIVE_INFINITY: the finite
 * milliseconds that the driver has for infinite timestamps, which Debezium
 * reads as microseconds.
 */
#define STAND_IN_POSITIVE INT64CONST(9223372036825200000)
#define STAND_IN_NEGATIVE INT64CONST(-9223372036832400000)

/* How values of one type are printed under one mode: schema, fallback, encoder. */
typedef struct TemporalForm
{
	CdcConnectType connect;
	const char *schema;
	const char *fallback;
	CdcEncoder encode;
} TemporalForm;

static const TemporalForm *date_form(CdcTimeMode mode);
static const TemporalForm *time_form(CdcTimeMode mode, int digits);
static const TemporalForm *timestamp_form(CdcTimeMode mode, int digits);

static bool date_days(CdcBuf *buf, const CdcType *type, Datum value);
static bool date_iso(CdcBuf *buf, const CdcType *type, Datum value);
static bool time_millis(CdcBuf *buf, const CdcType *type, Datum value);
static bool time_micros(CdcBuf *buf, const CdcType *type, Datum value);
static bool time_nanos(CdcBuf *buf, const CdcType *type, Datum value);
static bool time_iso(CdcBuf *buf, const CdcType *type, Datum value);
static bool timetz_iso(CdcBuf *buf, const CdcType *type, Datum value);
static bool timestamp_millis(CdcBuf *buf, const CdcType *type, Datum value);
static bool timestamp_micros(CdcBuf *buf, const CdcType *type, Datum value);
static bool timestamp_nanos(CdcBuf *buf, const CdcType *type, Datum value);
static bool timestamp_iso(CdcBuf *buf, const CdcType *type, Datum value);
static bool timestamptz_iso(CdcBuf *buf, const CdcType *type, Datum value);

static bool driver_date(CdcBuf *buf, const CdcType *type, Datum value);
static bool driver_time(CdcBuf *buf, const CdcType *type, Datum value);
static bool driver_timetz(CdcBuf *buf, const CdcType *type, Datum value);
static bool driver_timestamp(CdcBuf *buf, const CdcType *type, Datum value);
static bool driver_timestamptz(CdcBuf *buf, const CdcType *type, Datum value);

static const TemporalForm form_date = {CDC_INT32, "io.debezium.time.Date", "0", date_days};
static const TemporalForm form_date_connect = {CDC_INT32, "org.apache.kafka.connect.data.Date", "0", date_days};
static const TemporalForm form_date_iso = {CDC_STRING, "io.debezium.time.IsoDate", "\"1970-01-01Z\"", date_iso};

static const TemporalForm form_time = {CDC_INT32, "io.debezium.time.Time", "0", time_millis};
static const TemporalForm form_time_connect = {CDC_INT32, "org.apache.kafka.connect.data.Time", "0", time_millis};
static const TemporalForm form_time_micro = {CDC_INT64, "io.debezium.time.MicroTime", "0", time_micros};
static const TemporalForm form_time_nano = {CDC_INT64, "io.debezium.time.NanoTime", "0", time_nanos};
static const TemporalForm form_time_iso = {CDC_STRING, "io.debezium.time.IsoTime", "\"00:00:00Z\"", time_iso};

static const TemporalForm form_timestamp = {CDC_INT64, "io.debezium.time.Timestamp", "0", timestamp_millis};
static const TemporalForm form_timestamp_connect = {CDC_INT64, "org.apache.kafka.connect.data.Timestamp", "0", timestamp_millis};
static const TemporalForm form_timestamp_micro = {CDC_INT64, "io.debezium.time.MicroTimestamp", "0", timestamp_micros};
static const TemporalForm form_timestamp_nano = {CDC_INT64, "io.debezium.time.NanoTimestamp", "0", timestamp_nanos};
static const TemporalForm form_timestamp_iso = {CDC_STRING, "io.debezium.time.IsoTimestamp", "\"1970-01-01T00:00:00Z\"", timestamp_iso};

/* the same in every mode; the fallback of timestamptz has no fraction, unlike its values */
static const TemporalForm form_timetz = {CDC_STRING, "io.debezium.time.ZonedTime", "\"00:00:00Z\"", timetz_iso};
static const TemporalForm form_timestamptz = {CDC_STRING, "io.debezium.time.ZonedTimestamp", "\"1970-01-01T00:00:00Z\"", timestamptz_iso};

bool
cdc_temporal_resolve(CdcType *type, const CdcTypeInfo *info)
{
	const CdcSettings *settings = type->settings;
	CdcTimeMode mode = settings->options->time_mode;
	int digits = info->typmod >= 0 ? info->typmod : DEFAULT_DIGITS;
	const TemporalForm *form;
	CdcEncoder driver;

	switch (info->typid)
	{
		case DATEOID:
			form = date_form(mode);
			driver = driver_date;
			break;
		case TIMEOID:
			form = time_form(mode, digits);
			driver = driver_time;
			break;
		case TIMETZOID:
			form = &form_timetz;
			driver = driver_timetz;
			break;
		case TIMESTAMPOID:
			form = timestamp_form(mode, digits);
			driver = driver_timestamp;
			break;
		case TIMESTAMPTZOID:
			form = &form_timestamptz;
			driver = driver_timestamptz;
			break;
		default:
			return false;
	}

	if (info->typid != DATEOID && info->typmod >= 0)
		type->precision = info->typmod;
	type->schema = cdc_schema_make(form->connect, form->schema, 1);
	type->private = (void *) form;
	type->encode = settings->quirks && info->in_array ? driver : form->encode;
	/* the driver itself fails at such a 29 February, before Debezium sees an element */
	type->spoils = settings->quirks && info->in_array && (info->typid == DATEOID || info->typid == TIMESTAMPTZOID);

	/*
	 * The connector cannot convert its own fallback of a timestamp in
	 * nanoseconds and stops; there the zero is what it means.
	 */
	type->fallback = form->fallback;
	if (form->connect == CDC_STRING || !settings->fits)
		type->unavailable = cdc_constant_placeholder(settings);
	return true;
}

static const TemporalForm *
date_form(CdcTimeMode mode)
{
	switch (mode)
	{
		case CDC_TIME_CONNECT:
			return &form_date_connect;
		case CDC_TIME_ISOSTRING:
			return &form_date_iso;
		default:
			return &form_date;
	}
}

static const TemporalForm *
time_form(CdcTimeMode mode, int digits)
{
	switch (mode)
	{
		case CDC_TIME_CONNECT:
			return &form_time_connect;
		case CDC_TIME_ISOSTRING:
			return &form_time_iso;
		case CDC_TIME_NANOSECONDS:
			return &form_time_nano;
		case CDC_TIME_ADAPTIVE:
			return digits <= 3 ? &form_time : &form_time_micro;
		default:
			return &form_time_micro;
	}
}

static const TemporalForm *
timestamp_form(CdcTimeMode mode, int digits)
{
	switch (mode)
	{
		case CDC_TIME_CONNECT:
			return &form_timestamp_connect;
		case CDC_TIME_ISOSTRING:
			return &form_timestamp_iso;
		case CDC_TIME_NANOSECONDS:
			return &form_timestamp_nano;
		case CDC_TIME_MICROSECONDS:
			return &form_timestamp_micro;
		default:
			return digits <= 3 ? &form_timestamp : &form_timestamp_micro;
	}
}

/*
 * date.  The connector maps 'infinity' to LocalDate.parse("-5877611-06-21"),
 * '-infinity' to the day before, which is not even the right order: that is
 * what the ends of the range come to in its text decoder.  By default they are
 * the ends of the range themselves.
 */
static int64
epoch_day(const CdcType *type, Datum value)
{
	DateADT date = DatumGetDateADT(value);

	if (DATE_IS_NOEND(date))
		return type->settings->quirks ? -2147472692 : PG_INT32_MAX;
	if (DATE_IS_NOBEGIN(date))
		return type->settings->quirks ? -2147472691 : PG_INT32_MIN;
	return (int64) date + CDC_POSTGRES_EPOCH_DAY;
}

static bool
date_days(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, epoch_day(type, value));
	return true;
}

static bool
date_iso(CdcBuf *buf, const CdcType *type, Datum value)
{
	char text[CDC_DATE_TEXT + 1];
	size_t len = cdc_format_date(text, epoch_day(type, value));

	text[len++] = 'Z';
	cdc_put_plain(buf, text, len);
	return true;
}

/* time: 24:00 is a whole day as a number, and wraps to 00:00 as text. */
static bool
time_millis(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, DatumGetTimeADT(value) / 1000);
	return true;
}

static bool
time_micros(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, DatumGetTimeADT(value));
	return true;
}

static bool
time_nanos(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, DatumGetTimeADT(value) * 1000);
	return true;
}

static bool
write_time(CdcBuf *buf, int64 micros)
{
	char text[CDC_TIME_TEXT + 1];
	size_t len = cdc_format_time(text, micros, CDC_DIGITS_NEEDED);

	text[len++] = 'Z';
	cdc_put_plain(buf, text, len);
	return true;
}

static bool
time_iso(CdcBuf *buf, const CdcType *type, Datum value)
{
	return write_time(buf, DatumGetTimeADT(value));
}

/* timetz: in UTC; its zone is in seconds west of Greenwich */
static int64
utc_micros(const TimeTzADT *time)
{
	return time->time + (int64) time->zone * 1000000;
}

static bool
timetz_iso(CdcBuf *buf, const CdcType *type, Datum value)
{
	return write_time(buf, utc_micros(DatumGetTimeTzADTP(value)));
}

/* A timestamp as whole seconds since 1970 and microseconds; the seconds always fit. */
static int64
epoch_seconds(Timestamp ts, int64 *micros)
{
	*micros = cdc_floor_mod(ts, 1000000);
	return cdc_floor_div(ts, 1000000) + EPOCH_SHIFT_SECONDS;
}

/* Infinite timestamps in microseconds since 1970; false for finite ones. */
static bool
stand_in(Timestamp ts, int64 *micros)
{
	if (!TIMESTAMP_NOT_FINITE(ts))
		return false;
	*micros = TIMESTAMP_IS_NOEND(ts) ? STAND_IN_POSITIVE : STAND_IN_NEGATIVE;
	return true;
}

static bool
timestamp_millis(CdcBuf *buf, const CdcType *type, Datum value)
{
	Timestamp ts = DatumGetTimestamp(value);
	int64 micros;
	int64 millis;

	if (stand_in(ts, &micros))
		millis = micros / 1000;
	else
		millis = epoch_seconds(ts, &micros) * 1000 + micros / 1000;
	cdc_put_int64(buf, millis);
	return true;
}

/*
 * From 294247-01-10 04:00:54.775808 on, microseconds overflow.  The connector
 * (Conversions.toEpochMicros) adds the microseconds, unchecked, to
 * TimeUnit.SECONDS.toMicros(), which stays at the largest int64.
 */
static bool
timestamp_micros(CdcBuf *buf, const CdcType *type, Datum value)
{
	Timestamp ts = DatumGetTimestamp(value);
	int64 result;

	if (!stand_in(ts, &result) && pg_add_s64_overflow(ts, EPOCH_SHIFT_MICROS, &result))
	{
		int64 micros;
		int64 seconds = epoch_seconds(ts, &micros);

		if (!type->settings->quirks)
			return false;
		result = seconds > PG_INT64_MAX / 1000000 ? PG_INT64_MAX : seconds * 1000000;
		result = (int64) ((uint64) result + (uint64) micros);
	}
	cdc_put_int64(buf, result);
	return true;
}

/*
 * Infinity is the end of the int64 range; what is beyond it does not convert.
 * NanoTimestamp multiplies the day first: for the connector the range begins
 * with the first whole day, 1677-09-22.  The finite timestamp that equals the
 * driver's infinity is infinite to it.
 */
static bool
timestamp_nanos(CdcBuf *buf, const CdcType *type, Datum value)
{
	Timestamp ts = DatumGetTimestamp(value);
	int64 micros;
	int64 nanos;

	if (TIMESTAMP_NOT_FINITE(ts))
		nanos = TIMESTAMP_IS_NOEND(ts) ? PG_INT64_MAX : PG_INT64_MIN;
	else if (pg_add_s64_overflow(ts, EPOCH_SHIFT_MICROS, &micros))
		return false;
	else if (type->settings->quirks && micros == STAND_IN_POSITIVE)
		nanos = PG_INT64_MAX;
	else if (pg_mul_s64_overflow(micros, 1000, &nanos) ||
			 (type->settings->quirks && nanos < PG_INT64_MIN / NANOS_PER_DAY * NANOS_PER_DAY))
		return false;
	cdc_put_int64(buf, nanos);
	return true;
}

/* ISO 8601 in UTC; a day number and a time, because years go beyond int64 microseconds. */
static void
write_timestamp(CdcBuf *buf, int64 days, int64 micros, int digits)
{
	char text[CDC_DATE_TEXT + CDC_TIME_TEXT + 2];
	size_t len = cdc_format_date(text, days);

	text[len++] = 'T';
	len += cdc_format_time(text + len, micros, digits);
	text[len++] = 'Z';
	cdc_put_plain(buf, text, len);
}

static int64
timestamp_day(Timestamp ts)
{
	return cdc_floor_div(ts, CDC_MICROS_PER_DAY) + CDC_POSTGRES_EPOCH_DAY;
}

static bool
timestamp_iso(CdcBuf *buf, const CdcType *type, Datum value)
{
	Timestamp ts = DatumGetTimestamp(value);
	int64 micros;

	if (stand_in(ts, &micros))
		write_timestamp(buf, cdc_floor_div(micros, CDC_MICROS_PER_DAY),
						cdc_floor_mod(micros, CDC_MICROS_PER_DAY), CDC_DIGITS_NEEDED);
	else
		write_timestamp(buf, timestamp_day(ts), cdc_floor_mod(ts, CDC_MICROS_PER_DAY),
						CDC_DIGITS_NEEDED);
	return true;
}

/* as many digits as declared (ZonedTimestamp); with none declared, six */
static int
zoned_digits(const CdcType *type)
{
	return type->precision < 0 ? DEFAULT_DIGITS : type->precision;
}

static bool
timestamptz_iso(CdcBuf *buf, const CdcType *type, Datum value)
{
	TimestampTz ts = DatumGetTimestampTz(value);

	if (TIMESTAMP_IS_NOEND(ts))
		cdc_put_plain(buf, "infinity", 8);
	else if (TIMESTAMP_IS_NOBEGIN(ts))
		cdc_put_plain(buf, "-infinity", 9);
	else
		write_timestamp(buf, timestamp_day(ts), cdc_floor_mod(ts, CDC_MICROS_PER_DAY),
						zoned_digits(type));
	return true;
}

/*
 * From here on: elements of arrays under debezium.quirks, with the JVM in UTC.
 */
static bool
encode_scalar(CdcBuf *buf, const CdcType *type, Datum value)
{
	return ((const TemporalForm *) type->private)->encode(buf, type, value);
}

/*
 * What java.sql.Date and Timestamp.toLocalDateTime() make of a day.  The text
 * is read into a GregorianCalendar, which skips 1582-10-05 to 1582-10-14 (they
 * become 15 to 24), and its fields are taken out again without the era: 44 BC
 * becomes 44.  A leap year BC is none AD, so its 29 February is an exception.
 */
static bool
driver_day(int64 *day)
{
	if (*day >= CDC_GREGORIAN_DAY - 10)
	{
		if (*day < CDC_GREGORIAN_DAY)
			*day += 10;
		return true;
	}
	else
	{
		CdcCivil civil = cdc_civil_from_days(*day);

		if (civil.year > 0)
			return true;
		*day = cdc_days_from_civil(1 - civil.year, civil.month, civil.day);
		return civil.month != 2 || civil.day != 29;
	}
}

/*
 * Infinite dates are the driver's stand-ins again, but as milliseconds, which
 * is the year 292278994, or, without its era, 292269055; as an int32 the day
 * number has wrapped.
 */
static bool
driver_date(CdcBuf *buf, const CdcType *type, Datum value)
{
	DateADT date = DatumGetDateADT(value);
	int64 day = (int64) date + CDC_POSTGRES_EPOCH_DAY;

	if (!DATE_NOT_FINITE(date))
		return driver_day(&day) &&
			   encode_scalar(buf, type, DateADTGetDatum((DateADT) (day - CDC_POSTGRES_EPOCH_DAY)));

	if (type->schema->type != CDC_STRING)
		cdc_put_int64(buf, DATE_IS_NOEND(date) ? -622191234 : -625821272);
	else if (DATE_IS_NOEND(date))
		cdc_put_plain(buf, "+292278994-08-16Z", 17);
	else
		cdc_put_plain(buf, "+292269055-12-02Z", 17);
	return true;
}

/* java.sql.Time: milliseconds within a day */
static bool
driver_time(CdcBuf *buf, const CdcType *type, Datum value)
{
	TimeADT time = DatumGetTimeADT(value);

	time = cdc_floor_mod(time - time % 1000, CDC_MICROS_PER_DAY);
	return encode_scalar(buf, type, TimeADTGetDatum(time));
}

/* java.sql.Time.toLocalTime(): whole seconds */
static bool
driver_timetz(CdcBuf *buf, const CdcType *type, Datum value)
{
	TimeTzADT time = *DatumGetTimeTzADTP(value);

	time.time -= time.time % 1000000;
	return encode_scalar(buf, type, TimeTzADTPGetDatum(&time));
}

/*
 * java.sql.Timestamp.toInstant(): the driver's GregorianCalendar reads dates
 * before 1582-10-15 in the Julian calendar, and Debezium takes the instant.
 */
static bool
driver_timestamp(CdcBuf *buf, const CdcType *type, Datum value)
{
	Timestamp ts = DatumGetTimestamp(value);

	if (!TIMESTAMP_NOT_FINITE(ts) && timestamp_day(ts) < CDC_GREGORIAN_DAY)
	{
		int64 day = timestamp_day(ts);
		CdcCivil civil = cdc_civil_from_days(day);

		ts += (cdc_days_from_julian(civil.year, civil.month, civil.day) - day) * CDC_MICROS_PER_DAY;
	}
	return encode_scalar(buf, type, TimestampGetDatum(ts));
}

/* Only 'infinity' is recognized; '-infinity' is the stand-in of driver_date(), with its time. */
static bool
driver_timestamptz(CdcBuf *buf, const CdcType *type, Datum value)
{
	TimestampTz ts = DatumGetTimestampTz(value);
	int64 day = timestamp_day(ts);
	int64 micros = cdc_floor_mod(ts, CDC_MICROS_PER_DAY);

	if (TIMESTAMP_IS_NOEND(ts))
		return encode_scalar(buf, type, value);
	if (TIMESTAMP_IS_NOBEGIN(ts))
	{
		day = cdc_days_from_civil(292269055, 12, 2);
		micros = INT64CONST(23) * USECS_PER_HOUR;
	}
	else if (!driver_day(&day))
		return false;
	write_timestamp(buf, day, micros, zoned_digits(type));
	return true;
}
