/*
 * calendar_test.c
 *		value/calendar.c against calendars that are walked day by day.
 *
 * The walkers know nothing but the length of each month: no day number is
 * computed here.  Every day of 3,600 years is compared, and further out, as
 * far as PostgreSQL's dates go, the days at which something can go wrong.
 */
#include "unit.h"

#include "value/calendar.h"

typedef struct Walker
{
	bool julian;
	int64_t day;
	int32_t year;
	int month;
	int day_of_month;
} Walker;

static void
check(bool ok, const char *what, int64_t value)
{
	unit_check(ok, "%s: %" PRId64, what, value);
}

static bool
is_leap(const Walker *walker)
{
	int32_t year = walker->year;

	return year % 4 == 0 && (walker->julian || year % 100 != 0 || year % 400 == 0);
}

static int
days_in_month(const Walker *walker, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(walker));
}

static void
step(Walker *walker)
{
	walker->day++;
	if (++walker->day_of_month <= days_in_month(walker, walker->month))
		return;
	walker->day_of_month = 1;
	if (++walker->month <= 12)
		return;
	walker->month = 1;
	walker->year++;
}

/* From 31 December to 31 December: whole years at once. */
static void
skip_year(Walker *walker)
{
	walker->year++;
	walker->day += 365 + is_leap(walker);
}

static void
check_date(int64_t day, const char *expected)
{
	char text[CDC_DATE_TEXT];
	size_t len = cdc_format_date(text, day);

	check(len == strlen(expected) && memcmp(text, expected, len) == 0, expected, day);
}

static void
check_day(const Walker *walker)
{
	CdcCivil civil;
	char expected[32];
	const char *sign = "";
	int32_t year = walker->year;

	if (walker->julian)
	{
		check(cdc_days_from_julian(year, walker->month, walker->day_of_month) == walker->day,
			  "cdc_days_from_julian", walker->day);
		return;
	}

	civil = cdc_civil_from_days(walker->day);
	check(civil.year == year && civil.month == walker->month && civil.day == walker->day_of_month,
		  "cdc_civil_from_days", walker->day);
	check(cdc_days_from_civil(year, walker->month, walker->day_of_month) == walker->day,
		  "cdc_days_from_civil", walker->day);

	if (year < 0)
		sign = "-";
	else if (year > 9999)
		sign = "+";
	snprintf(expected, sizeof(expected), "%s%04" PRId32 "-%02d-%02d", sign,
			 year < 0 ? -year : year, walker->month, walker->day_of_month);
	check_date(walker->day, expected);
}

/* The corners of a year: its first and last day, and those around the end of February. */
static void
check_year(const Walker *last_of_previous)
{
	Walker walker = *last_of_previous;
	int i;

	for (i = 0; i < 62; i++)
	{
		step(&walker);
		if (i == 0 || i >= 57)
			check_day(&walker);
	}
	walker = *last_of_previous;
	check_day(&walker);
}

/*
 * From a known day onwards: the corners of every 83rd year (83 has nothing
 * in common with the 400 years after which a calendar repeats itself), and
 * between the years "dense" and "sparse" every day.
 */
static void
walk(Walker walker, int32_t dense, int32_t sparse, int32_t last)
{
	while (walker.year < last)
	{
		bool year_end = walker.month == 12 && walker.day_of_month == 31;

		if (year_end && (walker.year < dense || walker.year >= sparse))
		{
			if (walker.year % 83 == 0)
				check_year(&walker);
			skip_year(&walker);
		}
		else
		{
			check_day(&walker);
			step(&walker);
		}
	}
}

static void
check_time(int64_t micros, int digits, const char *expected)
{
	char text[CDC_TIME_TEXT];
	size_t len = cdc_format_time(text, micros, digits);

	check(len == strlen(expected) && memcmp(text, expected, len) == 0, expected, micros);
}

static void
check_times(void)
{
	int second;
	int64_t fraction;

	for (second = 0; second < 86400; second++)
	{
		char expected[16];

		snprintf(expected, sizeof(expected), "%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
		check_time(second * INT64_C(1000000), CDC_DIGITS_NEEDED, expected);
		check_time(second * INT64_C(1000000) - CDC_MICROS_PER_DAY, 0, expected);
	}
	for (fraction = 1; fraction < 1000000; fraction += 7)
	{
		char expected[20];
		size_t len;
		int digits;

		len = (size_t) snprintf(expected, sizeof(expected), "09:08:07.%06" PRId64, fraction);
		for (digits = 6; digits > 0; digits--)
		{
			expected[9 + digits] = '\0';
			check_time(INT64_C(32887000000) + fraction, digits, expected);
		}
		snprintf(expected, sizeof(expected), "09:08:07.%06" PRId64, fraction);
		while (expected[len - 1] == '0')
			expected[--len] = '\0';
		check_time(INT64_C(32887000000) + fraction, CDC_DIGITS_NEEDED, expected);
	}
	check_time(CDC_MICROS_PER_DAY, CDC_DIGITS_NEEDED, "00:00:00");
	check_time(CDC_MICROS_PER_DAY - 1, CDC_DIGITS_NEEDED, "23:59:59.999999");
	check_time(-1, 3, "23:59:59.999");
	check_time(0, 6, "00:00:00.000000");
}

static void
check_divisions(void)
{
	int64_t a;

	for (a = -1000; a <= 1000; a++)
	{
		int64_t quotient = cdc_floor_div(a, 7);
		int64_t remainder = cdc_floor_mod(a, 7);

		check(quotient * 7 + remainder == a && remainder >= 0 && remainder < 7, "floor division", a);
	}
	check(cdc_floor_div(INT64_MIN, CDC_MICROS_PER_DAY) == INT64_C(-106751992), "smallest quotient", INT64_MIN);
	check(cdc_floor_mod(INT64_MIN, CDC_MICROS_PER_DAY) == INT64_C(71945224192), "smallest remainder", INT64_MIN);
}

int
main(void)
{
	unit_test("divisions");
	check_divisions();

	unit_test("Gregorian calendar");

	/*
	 * Julian day 0 has one name in each calendar; the Gregorian walk begins
	 * 14681 times 400 years (of 146097 days each) before it.
	 */
	walk((Walker){false, -2440588 - INT64_C(14681) * 146097, -4713 - 14681 * 400, 11, 24}, -804, 2804, 5881580);
	check_date(INT32_MIN, "-5877641-06-23");
	check_date(INT32_MAX, "+5881580-07-11");
	check_date(0, "1970-01-01");
	check(cdc_days_from_civil(2000, 1, 1) == CDC_POSTGRES_EPOCH_DAY, "PostgreSQL's epoch", CDC_POSTGRES_EPOCH_DAY);
	check(cdc_days_from_civil(1582, 10, 15) == CDC_GREGORIAN_DAY, "Gregorian reform", CDC_GREGORIAN_DAY);

	unit_test("Julian calendar");
	walk((Walker){true, -2440588, -4712, 1, 1}, -804, 2004, 2004);
	check(cdc_days_from_julian(1582, 10, 5) == CDC_GREGORIAN_DAY, "Gregorian reform", CDC_GREGORIAN_DAY);

	unit_test("times");
	check_times();
	return unit_end();
}
