/*
 * calendar.c
 *		Dates and times as numbers and as ISO 8601 text.
 *
 * The conversions count years from March, so that the leap day is the last of
 * its year: then the day of the year follows from the month by a straight line
 * (153 days in five months), and a calendar is only its rule for leap years.
 */
#include "value/calendar.h"

#define DAYS_PER_ERA 146097 /* 400 Gregorian years */
#define EPOCH_FROM_MARCH_0 719468 /* 0000-03-01 to 1970-01-01, Gregorian */
#define JULIAN_SHIFT 2 /* 0000-03-01 of the Julian calendar is this much earlier */

static const char two_digits[] =
	"0001020304050607080910111213141516171819"
	"2021222324252627282930313233343536373839"
	"4041424344454647484950515253545556575859"
	"6061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

static int day_of_march_year(int month, int day);
static char *put_two(char *p, unsigned value);
static char *put_year(char *p, int32_t year);

CdcCivil
cdc_civil_from_days(int64_t days)
{
	int64_t since = days + EPOCH_FROM_MARCH_0;
	int64_t era = cdc_floor_div(since, DAYS_PER_ERA);
	uint32_t in_era = (uint32_t) (since - era * DAYS_PER_ERA);
	uint32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	uint32_t in_year = in_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * in_year + 2) / 153; /* 0 is March */
	CdcCivil civil;

	civil.day = (int) (in_year - (153 * month + 2) / 5 + 1);
	civil.month = (int) (month < 10 ? month + 3 : month - 9);
	civil.year = (int32_t) (era * 400 + year + (month >= 10));
	return civil;
}

int64_t
cdc_days_from_civil(int32_t year, int month, int day)
{
	int64_t y = (int64_t) year - (month <= 2);

	return 365 * y + cdc_floor_div(y, 4) - cdc_floor_div(y, 100) + cdc_floor_div(y, 400) +
		   day_of_march_year(month, day) - EPOCH_FROM_MARCH_0;
}

int64_t
cdc_days_from_julian(int32_t year, int month, int day)
{
	int64_t y = (int64_t) year - (month <= 2);

	return 365 * y + cdc_floor_div(y, 4) + day_of_march_year(month, day) -
		   EPOCH_FROM_MARCH_0 - JULIAN_SHIFT;
}

size_t
cdc_format_date(char *out, int64_t days)
{
	CdcCivil civil = cdc_civil_from_days(days);
	char *p = put_year(out, civil.year);

	*p++ = '-';
	p = put_two(p, (unsigned) civil.month);
	*p++ = '-';
	p = put_two(p, (unsigned) civil.day);
	return (size_t) (p - out);
}

size_t
cdc_format_time(char *out, int64_t micros, int digits)
{
	uint64_t in_day = (uint64_t) cdc_floor_mod(micros, CDC_MICROS_PER_DAY);
	uint32_t second = (uint32_t) (in_day / 1000000);
	uint32_t fraction = (uint32_t) (in_day % 1000000);
	uint32_t minute = second / 60;
	char *p = out;

	p = put_two(p, minute / 60);
	*p++ = ':';
	p = put_two(p, minute % 60);
	*p++ = ':';
	p = put_two(p, second % 60);
	if (digits <= 0 && fraction == 0)
		return (size_t) (p - out);

	*p++ = '.';
	put_two(p, fraction / 10000);
	put_two(p + 2, fraction / 100 % 100);
	put_two(p + 4, fraction % 100);
	if (digits > 0)
		p += digits < 6 ? digits : 6;
	else
	{
		p += 6;
		while (p[-1] == '0')
			p--;
	}
	return (size_t) (p - out);
}

/* Days since 1 March of the year that begins there. */
static int
day_of_march_year(int month, int day)
{
	return (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
}

static char *
put_two(char *p, unsigned value)
{
	p[0] = two_digits[2 * value];
	p[1] = two_digits[2 * value + 1];
	return p + 2;
}

/* java.time.format.SignStyle.EXCEEDS_PAD with a width of four */
static char *
put_year(char *p, int32_t year)
{
	uint32_t rest = year < 0 ? 0 - (uint32_t) year : (uint32_t) year;
	char digits[10];
	int n = 0;

	if (rest <= 9999)
	{
		if (year < 0)
			*p++ = '-';
		p = put_two(p, rest / 100);
		return put_two(p, rest % 100);
	}

	*p++ = year < 0 ? '-' : '+';
	for (; rest > 0; rest /= 10)
		digits[n++] = (char) ('0' + rest % 10);
	while (n > 0)
		*p++ = digits[--n];
	return p;
}
