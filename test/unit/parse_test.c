/*
 * parse_test.c
 *		value/parse.c: what Java and the JDBC driver accept, and what it means.
 *
 * The expectations were taken from Java and from the driver.
 */
#include <math.h>
#include <string.h>

#include "unit.h"
#include "value/parse.h"

#define MICROS INT64_C(1000000)

static void
check_int(const char *text, int64_t min, int64_t max, bool valid, int64_t expected)
{
	int64_t value = 0;

	unit_check(cdc_parse_int(text, min, max, &value) == valid, "int \"%s\": valid or not", text);
	if (valid)
		unit_check(value == expected, "int \"%s\": %" PRId64, text, value);
}

static void
integers(void)
{
	unit_test("integers");
	check_int("0", -5, 5, true, 0);
	check_int("-0", -5, 5, true, 0);
	check_int("+5", -5, 5, true, 5);
	check_int("-5", -5, 5, true, -5);
	check_int("6", -5, 5, false, 0);
	check_int("-6", -5, 5, false, 0);
	check_int("00012", -50, 50, true, 12);
	check_int("9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX);
	check_int("-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN);
	check_int("9223372036854775808", INT64_MIN, INT64_MAX, false, 0);
	check_int("-9223372036854775809", INT64_MIN, INT64_MAX, false, 0);
	check_int("92233720368547758070", INT64_MIN, INT64_MAX, false, 0);
	check_int("99999999999999999999999999", INT64_MIN, INT64_MAX, false, 0);
	check_int("32768", INT16_MIN, INT16_MAX, false, 0);
	check_int("-32768", INT16_MIN, INT16_MAX, true, -32768);
	check_int("", -5, 5, false, 0);
	check_int("-", -5, 5, false, 0);
	check_int(" 1", -5, 5, false, 0);
	check_int("1 ", -5, 5, false, 0);
	check_int("1x", -5, 5, false, 0);
	check_int("(5)::bigint", -5, 5, false, 0);
}

static void
floats(void)
{
	static const char *const refused[] = {
		"", " ", "inf", "nan", "-nan", "infinity", "0x10", "0x1p3", "1e", "1e+", ".", "-", "1 2", "1,5", "1.5::numeric", "(2)::double precision", "NaNx"};
	double value;
	float single;

	unit_test("floats");
	unit_check(cdc_parse_double("1.5", &value) && value == 1.5, "1.5");
	unit_check(cdc_parse_double(" -1.5e3 ", &value) && value == -1500, "-1.5e3");
	unit_check(cdc_parse_double("5.", &value) && value == 5, "5.");
	unit_check(cdc_parse_double(".5", &value) && value == 0.5, ".5");
	unit_check(cdc_parse_double("2.5d", &value) && value == 2.5, "2.5d");
	unit_check(cdc_parse_double("-0", &value) && value == 0 && signbit(value), "-0");
	unit_check(cdc_parse_double("1e400", &value) && isinf(value), "1e400");
	unit_check(cdc_parse_double("1e-400", &value) && value == 0, "1e-400");
	unit_check(cdc_parse_double("NaN", &value) && isnan(value), "NaN");
	unit_check(cdc_parse_double("-Infinity", &value) && isinf(value) && value < 0, "-Infinity");
	unit_check(cdc_parse_float("16777217", &single) && single == 16777216.0f, "16777217");
	unit_check(cdc_parse_float("1e39", &single) && isinf(single), "1e39");
	/* rounding a double to a float would give the next one */
	unit_check(cdc_parse_float("1.00000017881393432617187499", &single) && single == 1.00000011920928955078125f, "rounded once");
	for (int i = 0; i < UNIT_LENGTH(refused); i++)
	{
		unit_check(!cdc_parse_double(refused[i], &value), "double \"%s\" is refused", refused[i]);
		unit_check(!cdc_parse_float(refused[i], &single), "float \"%s\" is refused", refused[i]);
	}
}

static void
check_decimal(const char *text, int scale, const char *expected)
{
	/* exactly as much as is asked for: a sanitizer sees the first byte beyond */
	char *out = malloc(cdc_parse_decimal_size(text));
	bool valid = cdc_parse_decimal(text, scale, out);

	unit_check(valid == (expected != NULL), "decimal \"%s\", scale %d: valid or not", text, scale);
	if (valid && expected)
		unit_equal(text, out, strlen(out), expected, strlen(expected));
	free(out);
}

static void
decimals(void)
{
	unit_test("decimals");
	check_decimal("1.500", -1, "1.500");
	check_decimal("1.500", 1, "1.5");
	check_decimal("1.500", 0, NULL);
	check_decimal("1.500", 5, "1.500");
	check_decimal("5.0", 0, "5");
	check_decimal("5.", 0, "5");
	check_decimal(".5", 2, "0.5");
	check_decimal("+7", 2, "7");
	check_decimal("-0.50", 1, "-0.5");
	check_decimal("0", 3, "0");
	check_decimal("0.0", 0, "0");
	check_decimal("-0.00", 0, "-0");
	check_decimal("1.5E2", 2, "150");
	check_decimal("1.5e+2", -1, "150");
	check_decimal("-12.50e-4", -1, "-0.001250");
	check_decimal("-12.50e-4", 5, "-0.00125");
	check_decimal("-12.50e-4", 4, NULL);
	check_decimal("1e-5", 5, "0.00001");
	check_decimal("1e-5", 4, NULL);
	check_decimal("1e0", 0, "1");
	check_decimal(".5e3", 0, "500");
	check_decimal("0e-10", -1, "0.0000000000");
	check_decimal("0e-10", 2, "0.00");
	check_decimal("12345678901234567890", 0, "12345678901234567890");
	check_decimal("", 0, NULL);
	check_decimal("-", 0, NULL);
	check_decimal(".", 0, NULL);
	check_decimal("e5", 0, NULL);
	check_decimal("1e", 0, NULL);
	check_decimal("1e5x", 0, NULL);
	check_decimal("1e99999999999", 0, NULL);
	check_decimal("1.2.3", 0, NULL);
	check_decimal(" 5", 0, NULL);
	check_decimal("NaN", 0, NULL);
	check_decimal("0x10", 0, NULL);
	check_decimal("1_000", 0, NULL);
	check_decimal("(1 + 2)", 0, NULL);
}

static void
check_uuid(const char *text, const char *expected)
{
	char out[CDC_UUID_TEXT];
	bool valid = cdc_parse_uuid(text, out);

	unit_check(valid == (expected != NULL), "uuid \"%s\": valid or not", text);
	if (valid && expected)
		unit_equal(text, out, sizeof(out), expected, strlen(expected));
}

static void
uuids(void)
{
	unit_test("uuids");
	check_uuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
	check_uuid("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
	check_uuid("1-2-3-4-5", "00000001-0002-0003-0004-000000000005");
	check_uuid("a0eebc999-9c0b-4ef8-bb6d-6bb9bd380a1", "0eebc999-9c0b-4ef8-bb6d-06bb9bd380a1");
	check_uuid("a0eebc99-9c0b-4ef8-bb6d6bb9-bd380a11", "a0eebc99-9c0b-4ef8-6bb9-0000bd380a11");
	check_uuid("a0eebc999c0b4ef8bb6d6bb9bd380a11", NULL);
	check_uuid("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", NULL);
	check_uuid("g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", NULL);
	check_uuid("a0ee-bc99-9c0b-4ef8-bb6d-6bb9bd380a11", NULL);
	check_uuid("123-4-5-6-", NULL);
	check_uuid("-4-5-6-7", NULL);
	check_uuid("1-2-3-4-ffffffffffffffff", NULL);
	check_uuid("1-2-3-4-7fffffffffffffff", "00000001-0002-0003-0004-ffffffffffff");
	check_uuid("", NULL);
}

static void
check_time(const char *text, int64_t expected)
{
	int64_t micros = -1;

	unit_check(cdc_parse_time(text, &micros) == (expected >= 0), "time \"%s\": valid or not", text);
	if (expected >= 0)
		unit_check(micros == expected, "time \"%s\": %" PRId64, text, micros);
}

static void
times(void)
{
	unit_test("times");
	check_time("00:00", 0);
	check_time("12:13", 43980 * MICROS);
	check_time("12:34:56", 45296 * MICROS);
	check_time("12:34:56.7", 45296 * MICROS + 700000);
	check_time("23:59:59.999999", 86400 * MICROS - 1);
	check_time("12:34:56.1234567", 45296 * MICROS + 123456);
	check_time("12:34:56.", 45296 * MICROS);
	check_time("24:00:00", -1);
	check_time("12:60", -1);
	check_time("12:34:60", -1);
	check_time("1:02", -1);
	check_time("12", -1);
	check_time("12:", -1);
	check_time("12:3", -1);
	check_time("12:34:", -1);
	check_time("12:34.5", -1);
	check_time("12:34:56 PM", -1);
	check_time(" 12:34", -1);
	check_time("12:00:00+02", -1);
	check_time("", -1);
}

static void
check_timestamp(const char *text, bool valid, int64_t day, int64_t micros, int offset)
{
	CdcParsedTimestamp parsed;

	unit_check(cdc_parse_timestamp(text, &parsed) == valid, "timestamp \"%s\": valid or not", text);
	if (valid)
		unit_check(parsed.day == day && parsed.micros == micros && parsed.offset == offset,
				   "timestamp \"%s\": %" PRId64 " %" PRId64 " %d", text, parsed.day, parsed.micros, parsed.offset);
}

static void
timestamps(void)
{
	static const char *const refused[] = {
		"", "20210304", "today", "infinity", "-infinity", "12:00:00", "2021", "2021-", "2021-01", "2021-01-", "2021-00-01", "2021-13-01", "2021-01-00",
		"2021-02-29", "2021-04-31", "2021-01-01x", "2020-01-01T01:02:03Z", "2020-01-01 01:02", "2020-01-01 24:00:00", "2020-01-01 01:02:60",
		"2020-01-01 01:02:03+19", "2020-01-01 01:02:03+18:00:01", "2020-01-01 01:02:03+", "2020-01-01 01:02:03+02:", "2020-01-01 BCE",
		"0005-02-29 BC", "99999999999-01-01", "2020-01-01 99999999999:00:00"};
	CdcParsedTimestamp parsed;

	unit_test("timestamps");
	check_timestamp("1970-01-01", true, 0, 0, 0);
	check_timestamp("2021-03-19", true, 18705, 0, 0);
	check_timestamp(" 2021-2-3 ", true, 18661, 0, 0);
	check_timestamp("2021-02-03 AD", true, 18661, 0, 0);
	check_timestamp("0044-03-15 BC", true, -735160, 0, 0);
	check_timestamp("0001-01-01 BC", true, -719528, 0, 0);
	check_timestamp("0000-02-03", true, -719495, 0, 0);
	check_timestamp("5874897-12-31", true, 2145042905, 0, 0);
	check_timestamp("0044-03-15 01:02:03 BC", true, -735160, 3723 * MICROS, 0);
	check_timestamp("2020-01-01 00:00:00.7", true, 18262, 700000, 0);
	check_timestamp("2020-01-01 01:02:03.123456+00", true, 18262, 3723 * MICROS + 123456, 0);
	check_timestamp("2020-01-01 01:02:03+05:30", true, 18262, 3723 * MICROS, 19800);
	check_timestamp("2020-01-01 01:02:03 -12:30:15", true, 18262, 3723 * MICROS, -45015);
	check_timestamp("2020-01-01 01:02:03+18", true, 18262, 3723 * MICROS, 64800);
	check_timestamp("0044-03-15 01:02:03+00 BC", true, -735160, 3723 * MICROS, 0);
	/* 4 is a leap year, 4 BC is none */
	check_timestamp("0004-02-29 BC", true, -720565, 0, 0);
	check_timestamp("0004-02-28 BC", true, -720565, 0, 0);
	for (int i = 0; i < UNIT_LENGTH(refused); i++)
		unit_check(!cdc_parse_timestamp(refused[i], &parsed), "timestamp \"%s\" is refused", refused[i]);
}

static void
check_interval(const char *text, int years, int months, int days, int hours, int minutes, double seconds)
{
	CdcParsedInterval parsed;

	unit_check(cdc_parse_interval(text, &parsed), "interval \"%s\" is taken", text);
	unit_check(parsed.years == years && parsed.months == months && parsed.days == days && parsed.hours == hours &&
				   parsed.minutes == minutes && parsed.seconds == seconds,
			   "interval \"%s\": %d years %d mons %d days %d:%d:%g", text, parsed.years, parsed.months, parsed.days,
			   parsed.hours, parsed.minutes, parsed.seconds);
}

static void
intervals(void)
{
	static const char *const refused[] = {
		"1.5 hours", "x days", "2147483648:00:00", "2147483648 days", "1 day 1:2", ":", "1:", ":00", "04:05:x", "04:05:1e30", "1:2:", "- day"};
	CdcParsedInterval parsed;

	unit_test("intervals");
	check_interval("00:00:00", 0, 0, 0, 0, 0, 0);
	check_interval("1 year 2 mons 3 days 04:05:06.78", 1, 2, 3, 4, 5, 6.78);
	check_interval("-1 years -2 mons +3 days -04:05:06.789", -1, -2, 3, -4, -5, -6.789);
	check_interval("-1 days +02:03:04", 0, 0, -1, 2, 3, 4);
	check_interval("-00:00:00.000001", 0, 0, 0, 0, 0, -0.000001);
	check_interval("178000000 years", 178000000, 0, 0, 0, 0, 0);
	check_interval("2147483647:00:00", 0, 0, 0, 2147483647, 0, 0);
	check_interval("1 year 04:05", 1, 0, 0, 4, 5, 0);
	check_interval("@ 1 year -2 mons 3 days 4 hours 5 mins 6.78 secs ago", -1, 2, -3, -4, -5, -6.78);
	check_interval("04:05:06 ago", 0, 0, 0, 4, 5, 6);
	check_interval("5 days 3", 0, 0, 5, 0, 0, 0);
	check_interval("04:05:06 days", 0, 0, 0, 4, 5, 6);
	check_interval("90 minutes", 0, 0, 0, 0, 90, 0);
	check_interval("1 week", 0, 0, 0, 0, 0, 0);
	check_interval("infinity", 0, 0, 0, 0, 0, 0);
	check_interval("epoch", 0, 0, 0, 0, 0, 0);
	check_interval("@ 0", 0, 0, 0, 0, 0, 0);
	check_interval("", 0, 0, 0, 0, 0, 0);
	for (int i = 0; i < UNIT_LENGTH(refused); i++)
		unit_check(!cdc_parse_interval(refused[i], &parsed), "interval \"%s\" is refused", refused[i]);
}

/* Nothing is read or written out of bounds, whatever the text. */
static void
anything(void)
{
	static const char alphabet[] = "0123456789999-+:.eE PTBCagodaysmon@NInf\n";

	unit_test("anything");
	for (int i = 0; i < 200000; i++)
	{
		size_t len = unit_random() % 24;
		char *text = malloc(len + 1);
		char *decimal;
		char uuid[CDC_UUID_TEXT];
		int64_t integer;
		double value;
		float single;
		CdcParsedTimestamp timestamp;
		CdcParsedInterval interval;

		for (size_t n = 0; n < len; n++)
			text[n] = alphabet[unit_random() % (sizeof(alphabet) - 1)];
		text[len] = '\0';
		if (cdc_parse_int(text, INT64_MIN, INT64_MAX, &integer))
			unit_check(integer == strtoll(text, NULL, 10), "int \"%s\"", text);
		if (cdc_parse_double(text, &value))
			unit_check(cdc_parse_float(text, &single), "float \"%s\"", text);
		/* an exponent may ask for 200 kB */
		if (cdc_parse_decimal_size(text) < 1000)
		{
			decimal = malloc(cdc_parse_decimal_size(text));
			if (cdc_parse_decimal(text, (int) (unit_random() % 20) - 5, decimal))
				unit_check(strtod(decimal, NULL) == strtod(text, NULL), "decimal \"%s\": %s", text, decimal);
			free(decimal);
		}
		cdc_parse_uuid(text, uuid);
		cdc_parse_time(text, &integer);
		cdc_parse_timestamp(text, &timestamp);
		cdc_parse_interval(text, &interval);
		free(text);
	}
	unit_check(true, "no error");
}

int
main(void)
{
	integers();
	floats();
	decimals();
	uuids();
	times();
	timestamps();
	intervals();
	anything();
	return unit_end();
}
