/*
 * decimal_test.c
 *		value/decimal.c against the text that its numbers are made from.
 *
 * What comes out goes back by other means: integers digit by digit, doubles
 * through the C library.
 */
#include <math.h>

#include "unit.h"
#include "value/decimal.h"

#define RANDOM_NUMBERS 60000
#define LONGEST 600

/* A number and the storage of its digits, which begin at an odd address if "odd" is set. */
typedef struct Number
{
	CdcDecimal decimal;
	char digits[2 * LONGEST + 16];
} Number;

/* Reads [-]digits[.digits] as the server would store it, zeros at both ends included. */
static void
make(Number *number, const char *text, bool odd)
{
	const char *point;
	const char *p = text;
	char *out = number->digits + odd;
	int whole;
	int fraction;
	int i;

	memset(number, 0, sizeof(*number));
	number->decimal.negative = *p == '-';
	p += *p == '-';
	point = strchr(p, '.');
	whole = (int) (point != NULL ? (size_t) (point - p) : strlen(p));
	fraction = point != NULL ? (int) strlen(point + 1) : 0;

	/* "i" counts decimal places from the point to the left, in steps of four */
	for (i = (whole + 3) / 4 * 4; i > -fraction; i -= 4)
	{
		uint16_t digit = 0;
		int k;

		for (k = i; k > i - 4; k--)
		{
			int at = k > 0 ? whole - k : whole + 1 - k;
			bool inside = k <= whole && k > -fraction;

			digit = (uint16_t) (digit * 10 + (inside ? p[at] - '0' : 0));
		}
		memcpy(out, &digit, sizeof(digit));
		out += sizeof(digit);
	}
	number->decimal.weight = (whole + 3) / 4 - 1;
	number->decimal.ndigits = (int) (out - number->digits - odd) / 2;
	number->decimal.dscale = fraction;
	number->decimal.digits = number->digits + odd;
	cdc_decimal_normalize(&number->decimal);
}

/* The plain text of an unscaled integer with "scale" digits after the point. */
static size_t
read_unscaled(const uint8_t *bytes, size_t len, int scale, char *text)
{
	static uint8_t magnitude[LONGEST];
	static char reversed[2 * LONGEST];
	bool negative = (bytes[0] & 0x80) != 0;
	unsigned carry = 1;
	int n = 0;
	size_t i;
	char *out = text;
	bool rest = true;

	memcpy(magnitude, bytes, len);
	for (i = len; negative && i-- > 0;)
	{
		carry += (uint8_t) ~magnitude[i];
		magnitude[i] = (uint8_t) carry;
		carry >>= 8;
	}
	while (rest || n <= scale)
	{
		unsigned remainder = 0;

		rest = false;
		for (i = 0; i < len; i++)
		{
			remainder = remainder << 8 | magnitude[i];
			magnitude[i] = (uint8_t) (remainder / 10);
			remainder %= 10;
			rest = rest || magnitude[i] != 0;
		}
		reversed[n++] = (char) ('0' + remainder);
	}
	if (negative)
		*out++ = '-';
	while (n > 0)
	{
		if (n == scale)
			*out++ = '.';
		*out++ = reversed[--n];
	}
	return (size_t) (out - text);
}

/* "text" has exactly "scale" digits after the point. */
static void
check(const char *text, int scale, bool odd)
{
	static Number number;
	static char plain[2 * LONGEST];
	size_t size;
	uint64_t *work;
	const uint8_t *bytes;
	char *out;
	double expected = strtod(text, NULL);
	double actual;

	make(&number, text, odd);

	/* exactly the memory that was asked for, so that a sanitizer sees more */
	size = cdc_decimal_plain_size(&number.decimal, scale);
	out = malloc(size);
	unit_equal("plain", out, cdc_decimal_plain(&number.decimal, scale, out), text, strlen(text));
	size = cdc_decimal_java(&number.decimal, scale, out);
	memcpy(plain, out, size);
	plain[size] = '\0';
	unit_check(strtod(plain, NULL) == expected, "%s reads %s", text, plain);
	free(out);

	work = malloc(cdc_decimal_unscaled_size(&number.decimal, scale) * sizeof(*work));
	size = cdc_decimal_unscaled(&number.decimal, scale, work, &bytes);
	unit_check(size == 1 || bytes[0] != (bytes[1] & 0x80 ? 0xff : 0),
			   "%s has more bytes than it needs", text);
	unit_equal("unscaled", plain, read_unscaled(bytes, size, scale, plain), text, strlen(text));
	free(work);

	actual = cdc_decimal_double(&number.decimal);
	unit_check(actual == expected, "%s as double is %.17g, not %.17g", text, actual, expected);
}

/* Digits that are often zeros or nines; the first is no zero unless it is the only one. */
static int
put_random(char *out, int n, bool leading)
{
	int kind = (int) (unit_random() % 6);
	int i;

	for (i = 0; i < n; i++)
	{
		uint64_t r = unit_random();

		out[i] = (char) ('0' + r % 10 * (r >> 32 & 1));
		if (kind < 2)
			out[i] = kind == 0 ? '0' : '9';
	}
	if (leading && n > 1 && out[0] == '0')
		out[0] = '1';
	return n;
}

static void
test_random(void)
{
	static char text[2 * LONGEST];
	int i;

	unit_test("random numbers");
	for (i = 0; i < RANDOM_NUMBERS; i++)
	{
		int most = i % 50 == 0 ? LONGEST / 2 : 9 + i % 25;
		int len = 0;
		int scale = (int) (unit_random() % (uint64_t) most);
		bool negative = unit_random() % 2 != 0;

		if (negative)
			text[len++] = '-';
		len += put_random(text + len, 1 + (int) (unit_random() % (uint64_t) most), true);
		if (scale > 0)
		{
			text[len++] = '.';
			len += put_random(text + len, scale, false);
		}
		text[len] = '\0';

		/* there is no minus zero */
		if (strpbrk(text, "123456789") != NULL)
			check(text, scale, i % 3 == 0);
		else
			check(text + negative, scale, i % 3 == 0);
	}
}

static void
test_boundaries(void)
{
	static char text[LONGEST];
	int shift;
	int delta;

	unit_test("one below and above each power of two");
	for (shift = 0; shift <= 62; shift++)
	{
		for (delta = -1; delta <= 1; delta++)
		{
			int64_t value = (INT64_C(1) << shift) + delta;

			sprintf(text, "%" PRId64, value);
			check(text, 0, false);
			sprintf(text, "%" PRId64, -value);
			check(text, 0, true);
		}
	}
	check("9223372036854775807", 0, false);
	check("9223372036854775808", 0, false);
	check("-9223372036854775808", 0, false);
	check("-9223372036854775809", 0, false);
	check("18446744073709551615", 0, false);
	check("18446744073709551616", 0, false);
	check("-340282366920938463463374607431768211456", 0, false);
	check("9007199254740993.0", 1, false);
}

/* BigDecimal.toString, as documented for it. */
static void
test_java(void)
{
	static const struct
	{
		const char *text;
		int scale;
		const char *java;
	} cases[] = {
		{"0", 0, "0"},
		{"0", 6, "0.000000"},
		{"0", 7, "0E-7"},
		{"0", 2046, "0E-2046"},
		{"0.000001", 6, "0.000001"},
		{"0.0000001", 7, "1E-7"},
		{"-0.0000001", 8, "-1.0E-7"},
		{"0.00000012345", 11, "1.2345E-7"},
		{"-0.00000000000012345", 17, "-1.2345E-13"},
		{"0.0000000999", 30, "9.9900000000000000000000E-8"},
		{"123.4500", 4, "123.4500"},
	};
	static Number number;
	char out[4096];
	int i;

	unit_test("spelling of BigDecimal.toString");
	for (i = 0; i < UNIT_LENGTH(cases); i++)
	{
		make(&number, cases[i].text, false);
		unit_check(cdc_decimal_plain_size(&number.decimal, cases[i].scale) <= sizeof(out), "size");
		unit_equal(cases[i].text, out, cdc_decimal_java(&number.decimal, cases[i].scale, out),
				   cases[i].java, strlen(cases[i].java));
	}
}

static void
test_scales(void)
{
	static Number number;

	unit_test("scale without trailing zeros");
	make(&number, "1200", false);
	unit_check(cdc_decimal_least_scale(&number.decimal) == 0, "1200");
	make(&number, "0.000", false);
	unit_check(cdc_decimal_least_scale(&number.decimal) == 0, "0.000");
	make(&number, "22.20", false);
	unit_check(cdc_decimal_least_scale(&number.decimal) == 1, "22.20");
	make(&number, "0.00000012000", false);
	unit_check(cdc_decimal_least_scale(&number.decimal) == 8, "0.00000012000");
}

static void
test_int64(void)
{
	int i;

	unit_test("integers with a scale");
	for (i = 0; i < 20000; i++)
	{
		int64_t value = i == 0 ? INT64_MIN : (int64_t) unit_random() >> (i % 64);
		int scale = i % 11;
		CdcDecimal number;
		uint16_t digits[CDC_DECIMAL_INT64_DIGITS];
		char actual[64];
		char expected[64];
		char plain[32];
		size_t len = (size_t) sprintf(plain, "%020" PRIu64,
									  value < 0 ? 0 - (uint64_t) value : (uint64_t) value);
		const char *first = plain;

		while (first < plain + len - scale - 1 && *first == '0')
			first++;
		sprintf(expected, "%s%.*s%s%s", value < 0 ? "-" : "", (int) (plain + len - scale - first),
				first, scale > 0 ? "." : "", plain + len - scale);
		cdc_decimal_from_int64(&number, digits, value, scale);
		unit_equal("int64", actual, cdc_decimal_plain(&number, scale, actual), expected,
				   strlen(expected));
	}
}

/* More digits than a double can tell apart, and one that decides between two of them at the end. */
static void
test_double(void)
{
	static Number number;
	static char text[LONGEST];
	CdcDecimal special = {CDC_DECIMAL_NAN};

	unit_test("doubles");
	memset(text, '0', sizeof(text));
	memcpy(text, "9007199254740993.", 17);
	text[LONGEST - 2] = '1';
	text[LONGEST - 1] = '\0';
	make(&number, text, false);
	unit_check(cdc_decimal_double(&number.decimal) == 9007199254740994.0, "above the middle");
	memset(text, '9', LONGEST - 1);
	make(&number, text, false);
	unit_check(cdc_decimal_double(&number.decimal) == HUGE_VAL, "beyond the largest");
	memset(text, '0', LONGEST - 1);
	text[1] = '.';
	text[400] = '1';
	make(&number, text, false);
	unit_check(cdc_decimal_double(&number.decimal) == 0, "below the smallest");
	unit_check(isnan(cdc_decimal_double(&special)), "NaN");
	special.kind = CDC_DECIMAL_POSITIVE_INFINITY;
	unit_check(cdc_decimal_double(&special) == HUGE_VAL, "Infinity");
	special.kind = CDC_DECIMAL_NEGATIVE_INFINITY;
	unit_check(cdc_decimal_double(&special) == -HUGE_VAL, "-Infinity");
}

int
main(void)
{
	test_random();
	test_boundaries();
	test_java();
	test_scales();
	test_int64();
	test_double();
	return unit_end();
}
