/*
 * parse.h
 *		Text as Java, and the PostgreSQL JDBC driver, read it.
 *
 * Debezium parses a column's default from the text of its expression, with
 * these parsers, which accept less than the server does, and sometimes more.
 * All take UTF-8, return false for what raises an exception in Java, and
 * allocate nothing.  No server headers: unit tests link this alone.
 */
#ifndef CDC_PARSE_H
#define CDC_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Short.parseShort, Integer.parseInt, Long.parseLong: between min and max. */
extern bool cdc_parse_int(const char *text, int64_t min, int64_t max, int64_t *value);

/* Float.parseFloat and Double.parseDouble, without hexadecimal numbers */
extern bool cdc_parse_float(const char *text, float *value);
extern bool cdc_parse_double(const char *text, double *value);

/*
 * new BigDecimal(String), as a number without exponent.  "out" has room for
 * cdc_parse_decimal_size() bytes; it is terminated.  With a "scale" of 0 or more
 * the number has at most that many decimals; false when it needs more of them.
 */
extern size_t cdc_parse_decimal_size(const char *text);
extern bool cdc_parse_decimal(const char *text, int scale, char *out);

/* UUID.fromString, written as UUID.toString does: 36 characters, not terminated */
#define CDC_UUID_TEXT 36
extern bool cdc_parse_uuid(const char *text, char *out);

/* LocalTime.parse: microseconds of the day; 24:00 is for the caller */
extern bool cdc_parse_time(const char *text, int64_t *micros);

/*
 * TimestampUtils.toLocalDateTime and toOffsetDateTime: a date, perhaps a time,
 * perhaps an offset.  Infinities are for the caller, as is the server's range.
 */
typedef struct CdcParsedTimestamp
{
	int64_t day; /* since 1970-01-01, as written */
	int64_t micros; /* of that day, as written */
	int32_t offset; /* seconds east of Greenwich, 0 if not written */
} CdcParsedTimestamp;

extern bool cdc_parse_timestamp(const char *text, CdcParsedTimestamp *parsed);

/* new PGInterval(String), but for ISO 8601 (what begins with P) */
typedef struct CdcParsedInterval
{
	int32_t years;
	int32_t months;
	int32_t days;
	int32_t hours;
	int32_t minutes;
	double seconds; /* less than a billion, either way */
} CdcParsedInterval;

extern bool cdc_parse_interval(const char *text, CdcParsedInterval *parsed);

#endif /* CDC_PARSE_H */
