/*
 * calendar.h
 *		Dates and times as numbers and as ISO 8601 text.
 *
 * A date is a day number: 0 is 1970-01-01, in the proleptic Gregorian
 * calendar with the astronomical year (1 BC is 0, 44 BC is -43), which is
 * what PostgreSQL and java.time both count in.  The text is that of Java's
 * ISO_LOCAL_DATE and ISO_LOCAL_TIME.  No server headers: unit tests and other
 * programs link this alone.
 */
#ifndef CDC_CALENDAR_H
#define CDC_CALENDAR_H

#include <stdint.h>
#include <stddef.h>

#define CDC_SECONDS_PER_DAY INT64_C(86400)
#define CDC_MICROS_PER_DAY INT64_C(86400000000)
#define CDC_POSTGRES_EPOCH_DAY 10957 /* 2000-01-01 */
#define CDC_GREGORIAN_DAY (-141427) /* 1582-10-15, the first day that java.util.Calendar reads as Gregorian */

#define CDC_DATE_TEXT 16 /* longest: +292269055-12-02 */
#define CDC_TIME_TEXT 15 /* longest: 23:59:59.999999 */
#define CDC_DIGITS_NEEDED (-1) /* fraction: as many digits as it takes, none for zero */

typedef struct CdcCivil
{
	int32_t year; /* astronomical */
	int month; /* 1 to 12 */
	int day; /* 1 to 31 */
} CdcCivil;

/* Quotient and remainder that round down, so that the remainder of a positive divisor is never negative. */
static inline int64_t
cdc_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static inline int64_t
cdc_floor_mod(int64_t a, int64_t b)
{
	int64_t r = a % b;

	return r < 0 ? r + b : r;
}

/* Any day number that fits in 32 bits, plus or minus a few thousand years. */
extern CdcCivil cdc_civil_from_days(int64_t days);

/* The day number of a Gregorian date; a day past the month's end counts on into the next. */
extern int64_t cdc_days_from_civil(int32_t year, int month, int day);

/* The same for a date of the Julian calendar: what GregorianCalendar makes of dates before 1582-10-15. */
extern int64_t cdc_days_from_julian(int32_t year, int month, int day);

/*
 * Write text to "out", not terminated, and return its length: at most
 * CDC_DATE_TEXT, or CDC_TIME_TEXT, characters.  A year of more than four digits
 * has a sign, as has one before 0.  "micros" is the time within a day, and
 * taken modulo a day: 24:00 is 00:00.  "digits" is 1 to 6, what is beyond is
 * cut off; 0 and CDC_DIGITS_NEEDED give what the fraction needs.
 */
extern size_t cdc_format_date(char *out, int64_t days);
extern size_t cdc_format_time(char *out, int64_t micros, int digits);

#endif /* CDC_CALENDAR_H */
