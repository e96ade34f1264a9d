/*
 * parse.c
 *		Text as Java, and the PostgreSQL JDBC driver, read it.
 *
 * The texts are short and come once per version of a table: nothing here is
 * tuned.  Where a parser of Java's accepts what the server never prints
 * (digits of other scripts, hexadecimal floats), this one does not.
 */
#include <stdlib.h>
#include <string.h>

#include "value/calendar.h"
#include "value/parse.h"

#define MAX_EXPONENT 200000 /* numeric has no more than 131072 digits before the point */
#define MAX_OFFSET (18 * 3600) /* ZoneOffset */
#define MAX_YEAR 5874897 /* the server's last */
#define MAX_SECONDS 1e9 /* more than an interval can have, and safe to convert */

static bool is_digit(char c);
static const char *skip_space(const char *p);
static bool read_number(const char **p, int32_t *value);
static int64_t read_fraction(const char **p);
static bool read_time(const char **p, int64_t *micros);
static bool read_offset(const char **p, int32_t *offset);
static bool civil_to_day(int32_t year, int32_t month, int32_t day, bool bc, int64_t *result);

bool
cdc_parse_int(const char *text, int64_t min, int64_t max, int64_t *value)
{
	bool negative = *text == '-';
	const uint64_t limit = negative ? 0 - (uint64_t) min : (uint64_t) max;
	uint64_t sum = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
	{
		unsigned digit = (unsigned) (*text - '0');

		if (!is_digit(*text) || sum > limit / 10 || sum * 10 + digit > limit)
			return false;
		sum = sum * 10 + digit;
	}
	*value = (int64_t) (negative ? 0 - sum : sum);
	return true;
}

/*
 * Is it what Java's FloatingDecimal takes?  Blanks around it are ignored, a
 * type suffix is allowed.  strtod() would take more, but reads what is left to
 * the same nearest number.
 */
static bool
is_floating(const char *text)
{
	const char *p = skip_space(text);
	bool digits = false;

	if (*p == '-' || *p == '+')
		p++;
	if (strncmp(p, "NaN", 3) == 0)
		return *skip_space(p + 3) == '\0';
	if (strncmp(p, "Infinity", 8) == 0)
		return *skip_space(p + 8) == '\0';
	for (; is_digit(*p); p++)
		digits = true;
	if (*p == '.')
		p++;
	for (; is_digit(*p); p++)
		digits = true;
	if (!digits)
		return false;
	if (*p == 'e' || *p == 'E')
	{
		p++;
		if (*p == '-' || *p == '+')
			p++;
		if (!is_digit(*p))
			return false;
		while (is_digit(*p))
			p++;
	}
	if (*p != '\0' && strchr("fFdD", *p))
		p++;
	return *skip_space(p) == '\0';
}

bool
cdc_parse_float(const char *text, float *value)
{
	if (!is_floating(text))
		return false;
	*value = strtof(text, NULL);
	return true;
}

bool
cdc_parse_double(const char *text, double *value)
{
	if (!is_floating(text))
		return false;
	*value = strtod(text, NULL);
	return true;
}

/* The exponent behind a mantissa, 0 without one; false for one beyond any numeric. */
static bool
read_exponent(const char *p, int32_t *exponent)
{
	int64_t value = 0;

	if (*p != '\0' && !cdc_parse_int(p + 1, -MAX_EXPONENT, MAX_EXPONENT, &value))
		return false;
	*exponent = (int32_t) value;
	return true;
}

size_t
cdc_parse_decimal_size(const char *text)
{
	size_t mantissa = strcspn(text, "eE");
	int32_t exponent;

	if (!read_exponent(text + mantissa, &exponent))
		return 1;
	return mantissa + (size_t) abs(exponent) + 4; /* sign, 0, point, end */
}

bool
cdc_parse_decimal(const char *text, int scale, char *out)
{
	size_t mantissa = strcspn(text, "eE");
	const char *end = text + mantissa;
	const char *p = text;
	int32_t exponent;
	int64_t whole = 0; /* digits before the point */
	int64_t count = 0; /* digits in all */
	int64_t i;
	char *digits;

	if (!read_exponent(end, &exponent))
		return false;
	if (*p == '-' || *p == '+')
	{
		if (*p == '-')
			*out++ = '-';
		p++;
	}

	/* the digits alone, two places ahead: a zero and the point may have to come between */
	digits = out + 2;
	for (whole = -1; p < end; p++)
	{
		if (*p == '.' && whole < 0)
			whole = count;
		else if (is_digit(*p))
			digits[count++] = *p;
		else
			return false;
	}
	if (count == 0)
		return false;
	if (whole < 0)
		whole = count;
	whole += exponent;

	/* the point is outside the digits: zeros in between */
	if (whole < 0)
	{
		memmove(digits - whole, digits, (size_t) count);
		memset(digits, '0', (size_t) -whole);
		count -= whole;
		whole = 0;
	}
	while (count < whole)
		digits[count++] = '0';

	/* BigDecimal.setScale() without rounding: only zeros may go */
	while (scale >= 0 && count - whole > scale && digits[count - 1] == '0')
		count--;
	if (scale >= 0 && count - whole > scale)
		return false;

	if (whole == 0)
		*out++ = '0';
	for (i = 0; i < count; i++)
	{
		if (i == whole)
			*out++ = '.';
		*out++ = digits[i];
	}
	*out = '\0';
	return true;
}

/*
 * Five hexadecimal numbers with dashes between; each is cut to the width of its
 * group, or gets leading zeros.
 */
bool
cdc_parse_uuid(const char *text, char *out)
{
	static const int widths[] = {8, 4, 4, 4, 12};
	static const char hex[] = "0123456789abcdef";

	if (strlen(text) > CDC_UUID_TEXT)
		return false;
	for (int group = 0; group < 5; group++)
	{
		uint64_t value = 0;
		const char *start = text;

		for (; *text != '\0' && *text != '-'; text++)
		{
			const char *digit = strchr(hex, *text >= 'A' && *text <= 'F' ? *text + 32 : *text);

			if (!digit || value > (uint64_t) INT64_MAX >> 4)
				return false;
			value = value << 4 | (uint64_t) (digit - hex);
		}
		if (text == start || *text != (group < 4 ? '-' : '\0'))
			return false;
		text += group < 4;

		if (group > 0)
			*out++ = '-';
		for (int i = widths[group] - 1; i >= 0; i--)
			*out++ = hex[value >> (4 * i) & 15];
	}
	return true;
}

/* ISO_LOCAL_TIME: two digits each, seconds and fraction optional */
bool
cdc_parse_time(const char *text, int64_t *micros)
{
	static const int limits[] = {24, 60, 60};
	int64_t sum = 0;

	for (int i = 0; i < 3; i++)
	{
		int part;

		if (i == 2 && *text == '\0')
		{
			*micros = sum * 60 * 1000000;
			return true;
		}
		if (i > 0 && *text++ != ':')
			return false;
		if (!is_digit(text[0]) || !is_digit(text[1]))
			return false;
		part = (text[0] - '0') * 10 + (text[1] - '0');
		if (part >= limits[i])
			return false;
		sum = sum * 60 + part;
		text += 2;
	}
	*micros = sum * 1000000;
	if (*text == '.')
		*micros += read_fraction(&text);
	return *text == '\0';
}

bool
cdc_parse_timestamp(const char *text, CdcParsedTimestamp *parsed)
{
	const char *p = skip_space(text);
	int32_t year;
	int32_t month;
	int32_t day;
	bool bc = false;

	memset(parsed, 0, sizeof(*parsed));
	if (!read_number(&p, &year) || *p++ != '-' || !read_number(&p, &month) || *p++ != '-' ||
		!read_number(&p, &day))
		return false;
	p = skip_space(p);
	if (is_digit(*p))
	{
		if (!read_time(&p, &parsed->micros))
			return false;
		p = skip_space(p);
	}
	if (*p == '+' || *p == '-')
	{
		if (!read_offset(&p, &parsed->offset))
			return false;
		p = skip_space(p);
	}
	if (strcmp(p, "BC") == 0)
		bc = true;
	else if (*p != '\0' && strcmp(p, "AD") != 0)
		return false;
	return civil_to_day(year, month, day, bc, &parsed->day);
}

/*
 * LocalDateTime.of() in the year as it is written, with(ERA, BCE) only then: a
 * 29 February BC is judged by the year AD of the same number, and becomes the
 * 28th where there is none BC.
 */
static bool
civil_to_day(int32_t year, int32_t month, int32_t day, bool bc, int64_t *result)
{
	CdcCivil civil;

	if (year > MAX_YEAR || month < 1 || month > 12 || day < 1 || day > 31)
		return false;

	/* a day past the month's end counts on into the next month */
	*result = cdc_days_from_civil(year, month, day);
	civil = cdc_civil_from_days(*result);
	if (civil.month != month)
		return false;
	if (bc)
	{
		*result = cdc_days_from_civil(1 - year, month, day);
		civil = cdc_civil_from_days(*result);
		if (civil.month != month)
			(*result)--;
	}
	return true;
}

/*
 * Seconds as the driver keeps them.  Java would go on with more than an int
 * holds; the server never prints that.
 */
static bool
interval_seconds(const char *text, double *seconds)
{
	return cdc_parse_double(text, seconds) && *seconds > -MAX_SECONDS && *seconds < MAX_SECONDS;
}

static bool
interval_int(const char *text, int32_t *value)
{
	int64_t number;

	if (!cdc_parse_int(text, -INT32_MAX, INT32_MAX, &number))
		return false;
	*value = (int32_t) number;
	return true;
}

/* [-]hours:mm[:seconds]; the sign is for all of it */
static bool
interval_time(char *token, CdcParsedInterval *parsed)
{
	bool negative = *token == '-';
	char *minutes = strchr(token, ':') + 1;
	char *seconds = strchr(minutes, ':');
	char two[3];

	minutes[-1] = '\0';
	if (!interval_int(token + negative, &parsed->hours) || strlen(minutes) < 2)
		return false;
	memcpy(two, minutes, 2);
	two[2] = '\0';
	if (!interval_int(two, &parsed->minutes))
		return false;
	if (seconds && !interval_seconds(seconds + 1, &parsed->seconds))
		return false;
	if (negative)
	{
		parsed->hours = -parsed->hours;
		parsed->minutes = -parsed->minutes;
		parsed->seconds = -parsed->seconds;
	}
	return true;
}

/* One unit and the value before it, which is empty, and counts as 0, after a time. */
static bool
interval_unit(const char *unit, const char *value, CdcParsedInterval *parsed)
{
	if (*value == '\0')
		value = "0";
	if (strncmp(unit, "year", 4) == 0)
		return interval_int(value, &parsed->years);
	if (strncmp(unit, "mon", 3) == 0)
		return interval_int(value, &parsed->months);
	if (strncmp(unit, "day", 3) == 0)
		return interval_int(value, &parsed->days);
	if (strncmp(unit, "hour", 4) == 0)
		return interval_int(value, &parsed->hours);
	if (strncmp(unit, "min", 3) == 0)
		return interval_int(value, &parsed->minutes);
	if (strncmp(unit, "sec", 3) == 0)
		return interval_seconds(value, &parsed->seconds);
	return true;
}

/*
 * Value, unit, value, unit, ..., with a time in place of a value.  A unit that
 * is not known, or a value without one, is passed over: "1 week" is nothing,
 * and so are "infinity" and "epoch".
 */
bool
cdc_parse_interval(const char *text, CdcParsedInterval *parsed)
{
	size_t length = strlen(text);
	bool ago = *text == '@' && length >= 3 && strcmp(text + length - 3, "ago") == 0;
	char token[32];
	char value[32] = "";

	memset(parsed, 0, sizeof(*parsed));
	for (int i = 1;; i++)
	{
		size_t len;

		/* the driver takes the signs + and @ for blanks */
		text += strspn(text, " \t\n\r\f+@");
		if (*text == '\0')
			break;
		len = strcspn(text, " \t\n\r\f+@");
		if (len >= sizeof(token))
			return false;
		memcpy(token, text, len);
		token[len] = '\0';
		text += len;

		if (i % 2 == 0)
		{
			if (!interval_unit(token, value, parsed))
				return false;
		}
		else if (strchr(token, ':'))
		{
			if (!interval_time(token, parsed))
				return false;
			value[0] = '\0';
		}
		else
			memcpy(value, token, len + 1);
	}
	if (ago)
	{
		parsed->years = -parsed->years;
		parsed->months = -parsed->months;
		parsed->days = -parsed->days;
		parsed->hours = -parsed->hours;
		parsed->minutes = -parsed->minutes;
		parsed->seconds = -parsed->seconds;
	}
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_space(const char *p)
{
	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	return p;
}

/* Digits up to the first other character, as an int. */
static bool
read_number(const char **p, int32_t *value)
{
	int64_t sum = 0;
	const char *start = *p;

	for (; is_digit(**p); (*p)++)
	{
		sum = sum * 10 + (**p - '0');
		if (sum > INT32_MAX)
			return false;
	}
	*value = (int32_t) sum;
	return *p > start;
}

/* A point and digits: microseconds, what is beyond cut off. */
static int64_t
read_fraction(const char **p)
{
	int64_t micros = 0;
	int n = 0;

	for ((*p)++; is_digit(**p); (*p)++, n++)
	{
		if (n < 6)
			micros = micros * 10 + (**p - '0');
	}
	for (; n < 6; n++)
		micros *= 10;
	return micros;
}

/* The driver wants all three parts. */
static bool
read_time(const char **p, int64_t *micros)
{
	int32_t hour;
	int32_t minute;
	int32_t second;

	if (!read_number(p, &hour) || *(*p)++ != ':' || !read_number(p, &minute) || *(*p)++ != ':' ||
		!read_number(p, &second) || hour > 23 || minute > 59 || second > 59)
		return false;
	*micros = (hour * 3600 + minute * 60 + second) * INT64_C(1000000);
	if (**p == '.')
		*micros += read_fraction(p);
	return true;
}

/* A sign, hours, and perhaps minutes and seconds */
static bool
read_offset(const char **p, int32_t *offset)
{
	int sign = *(*p)++ == '-' ? -1 : 1;
	int32_t parts[3] = {0, 0, 0};

	for (int i = 0; i < 3; i++)
	{
		if (i > 0)
		{
			if (**p != ':')
				break;
			(*p)++;
		}
		if (!read_number(p, &parts[i]))
			return false;
	}
	if (parts[0] > 18 || parts[1] > 59 || parts[2] > 59)
		return false;
	*offset = parts[0] * 3600 + parts[1] * 60 + parts[2];
	if (*offset > MAX_OFFSET)
		return false;
	*offset *= sign;
	return true;
}
