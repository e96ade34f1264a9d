/*
 * number.c
 *		Integers, and floating-point numbers as Java spells them.
 *
 * Jackson writes what Float.toString and Double.toString return.  From JDK 19
 * on that is the shortest decimal that reads back as the same number, and the
 * server has a fast algorithm for the same (common/shortest_dec.h).  Three
 * things differ and are put right here:
 *
 * - The layout: there is always a fraction, and scientific notation serves
 *	 below 1e-3 and from 1e7 on.
 * - A decimal that lies exactly halfway between two numbers reads back as the
 *	 one whose mantissa is even.  Java relies on that, the server does not: for
 *	 the double nearest to 1e23 Java has 1.0E23, the server
 *	 9.999999999999999e+22.
 * - Java looks for the best decimal of two digits where one digit would do:
 *	 4.9E-324, not 5e-324.
 */
#include "json/json.h"

#include <math.h>

#include "common/shortest_dec.h"

/* digits * 10^exponent; "count" digits, the last of which is not 0 */
typedef struct Decimal
{
	uint64_t digits;
	int count;
	int exponent;
} Decimal;

/* mantissa * 2^exponent, as IEEE 754 has it */
typedef struct Binary
{
	uint64_t mantissa;
	int exponent;
	bool smallest; /* the smallest mantissa: the number below is closer */
	bool subnormal;
} Binary;

static int count_digits(uint64_t v);
static int put_uint64(char *out, uint64_t v);
static int put_special(char *out, double value);
static int add_fraction(char *out, int len);
static int put_millions(char *out, bool negative, const Decimal *d);
static int put_scientific(char *out, bool negative, const Decimal *d);
static Decimal read_decimal(const char *text, int len);
static void trim_zeros(Decimal *d);
static void prefer_midpoint(Decimal *d, const Binary *b);
static void try_midpoint(Decimal *d, uint64_t odd, int shift);
static void round_to_two_digits(Decimal *d, uint64_t mantissa, uint64_t unit, int exponent);

static const char digit_pairs[] =
	"00010203040506070809"
	"10111213141516171819"
	"20212223242526272829"
	"30313233343536373839"
	"40414243444546474849"
	"50515253545556575859"
	"60616263646566676869"
	"70717273747576777879"
	"80818283848586878889"
	"90919293949596979899";

/*
 * The smallest positive numbers, as decimals of 16 digits.  Up to 256 times
 * that is a product in 64 bits, exact enough for rounding to two digits.
 */
#define DOUBLE_UNIT UINT64_C(4940656458412465)
#define DOUBLE_UNIT_EXPONENT (-339)
#define FLOAT_UNIT UINT64_C(1401298464324817)
#define FLOAT_UNIT_EXPONENT (-60)
#define MAX_UNITS 256

void
cdc_json_int64(CdcBuf *buf, int64_t value)
{
	char *start = cdc_buf_reserve(buf, 20);
	char *out = start;
	uint64_t v = (uint64_t) value;

	if (value < 0)
	{
		*out++ = '-';
		v = 0 - v;
	}
	out += put_uint64(out, v);
	cdc_buf_commit(buf, (size_t) (out - start));
}

void
cdc_json_uint64(CdcBuf *buf, uint64_t value)
{
	cdc_buf_commit(buf, (size_t) put_uint64(cdc_buf_reserve(buf, 20), value));
}

int
cdc_uint64_digits(uint64_t value, char *out)
{
	return put_uint64(out, value);
}

void
cdc_json_float(CdcBuf *buf, float value)
{
	char *out = cdc_buf_reserve(buf, CDC_JAVA_NUMBER_LEN + 2);

	if (isfinite(value))
		cdc_buf_commit(buf, (size_t) cdc_java_float(value, out));
	else
		cdc_json_double(buf, value);
}

void
cdc_json_double(CdcBuf *buf, double value)
{
	char *out = cdc_buf_reserve(buf, CDC_JAVA_NUMBER_LEN + 2);
	int len;

	if (isfinite(value))
	{
		cdc_buf_commit(buf, (size_t) cdc_java_double(value, out));
		return;
	}

	/* JSON has no such numbers; Jackson writes strings */
	len = put_special(out + 1, value);
	out[0] = '"';
	out[len + 1] = '"';
	cdc_buf_commit(buf, (size_t) len + 2);
}

/*
 * Java's decimal notation is the server's but for the fraction of an integer,
 * as far as the server uses it: below 1e15 and, for float, 1e6.  The two other
 * differences are of no consequence there: halfway decimals are shorter only
 * above 2^24, two digits are nearer only far below 1e-3.
 */
int
cdc_java_double(double value, char *out)
{
	double size = fabs(value);
	uint64_t bits;
	Decimal d;
	Binary b;

	if (!isfinite(value))
		return put_special(out, value);
	if ((size >= 1e-3 && size < 1e7) || size == 0)
		return add_fraction(out, double_to_shortest_decimal_bufn(value, out));

	memcpy(&bits, &size, sizeof(bits));
	b.mantissa = bits & ((UINT64_C(1) << 52) - 1);
	b.exponent = (int) (bits >> 52);
	b.subnormal = b.exponent == 0;
	b.smallest = b.mantissa == 0;
	if (!b.subnormal)
		b.mantissa |= UINT64_C(1) << 52;
	b.exponent = (b.subnormal ? 1 : b.exponent) - 1075;

	d = read_decimal(out, double_to_shortest_decimal_bufn(size, out));
	prefer_midpoint(&d, &b);
	if (d.count == 1 && b.subnormal)
		round_to_two_digits(&d, b.mantissa, DOUBLE_UNIT, DOUBLE_UNIT_EXPONENT);
	return put_scientific(out, value < 0, &d);
}

int
cdc_java_float(float value, char *out)
{
	float size = fabsf(value);
	uint32_t bits;
	Decimal d;
	Binary b;

	if (!isfinite(value))
		return put_special(out, value);
	if ((size >= 1e-3f && size < 1e6f) || size == 0)
		return add_fraction(out, float_to_shortest_decimal_bufn(value, out));

	memcpy(&bits, &size, sizeof(bits));
	b.mantissa = bits & ((UINT32_C(1) << 23) - 1);
	b.exponent = (int) (bits >> 23);
	b.subnormal = b.exponent == 0;
	b.smallest = b.mantissa == 0;
	if (!b.subnormal)
		b.mantissa |= UINT32_C(1) << 23;
	b.exponent = (b.subnormal ? 1 : b.exponent) - 150;

	d = read_decimal(out, float_to_shortest_decimal_bufn(size, out));
	if (size >= 1e6f && size < 1e7f)
		return put_millions(out, value < 0, &d);
	prefer_midpoint(&d, &b);
	if (d.count == 1 && b.subnormal)
		round_to_two_digits(&d, b.mantissa, FLOAT_UNIT, FLOAT_UNIT_EXPONENT);
	return put_scientific(out, value < 0, &d);
}

static const uint64_t powers_of_ten[20] = {
	1,
	UINT64_C(10),
	UINT64_C(100),
	UINT64_C(1000),
	UINT64_C(10000),
	UINT64_C(100000),
	UINT64_C(1000000),
	UINT64_C(10000000),
	UINT64_C(100000000),
	UINT64_C(1000000000),
	UINT64_C(10000000000),
	UINT64_C(100000000000),
	UINT64_C(1000000000000),
	UINT64_C(10000000000000),
	UINT64_C(100000000000000),
	UINT64_C(1000000000000000),
	UINT64_C(10000000000000000),
	UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000),
	UINT64_C(10000000000000000000)};

/*
 * The number of decimal digits, 1 for 0.  1233/4096 approximates log10(2): the
 * product is right or one too small, which the comparison finds out.
 */
static inline int
count_digits(uint64_t v)
{
	int bits = 64 - __builtin_clzll(v | 1);
	int n = (bits * 1233) >> 12;

	return n + ((v | 1) >= powers_of_ten[n]);
}

/* Writes the digits, the last ones first, and returns their number. */
static inline int
put_uint64(char *out, uint64_t v)
{
	int len = count_digits(v);
	char *p = out + len;

	while (v >= 100)
	{
		p -= 2;
		memcpy(p, digit_pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10)
		memcpy(p - 2, digit_pairs + v * 2, 2);
	else
		p[-1] = (char) ('0' + v);
	return len;
}

static int
put_special(char *out, double value)
{
	if (isnan(value))
	{
		memcpy(out, "NaN", 3);
		return 3;
	}
	if (value > 0)
	{
		memcpy(out, "Infinity", 8);
		return 8;
	}
	memcpy(out, "-Infinity", 9);
	return 9;
}

static int
add_fraction(char *out, int len)
{
	if (memchr(out, '.', (size_t) len) == NULL)
	{
		out[len++] = '.';
		out[len++] = '0';
	}
	return len;
}

/* The number, which is from 1e6 to 1e7, in decimal notation. */
static int
put_millions(char *out, bool negative, const Decimal *d)
{
	char *p = out;

	if (negative)
		*p++ = '-';
	if (d->count <= 7)
	{
		p += put_uint64(p, d->digits * powers_of_ten[7 - d->count]);
		memcpy(p, ".0", 2);
		return (int) (p - out) + 2;
	}

	/* the last digits move behind the point */
	put_uint64(p, d->digits);
	memmove(p + 8, p + 7, (size_t) d->count - 7);
	p[7] = '.';
	return (int) (p - out) + d->count + 1;
}

/* d.dddE±n, with a fraction of at least one digit and no plus sign. */
static int
put_scientific(char *out, bool negative, const Decimal *d)
{
	char *p = out;
	int exponent = d->exponent + d->count - 1;
	int n;

	if (negative)
		*p++ = '-';

	/* the first digit moves before the point */
	n = put_uint64(p + 1, d->digits);
	p[0] = p[1];
	p[1] = '.';
	p += n + 1;
	if (n == 1)
		*p++ = '0';
	*p++ = 'E';
	if (exponent < 0)
	{
		*p++ = '-';
		exponent = -exponent;
	}
	p += put_uint64(p, (uint64_t) exponent);
	return (int) (p - out);
}

/* Reads the server's spelling of a positive number: "123.45" or "1.2345e+67". */
static Decimal
read_decimal(const char *text, int len)
{
	const char *end = text + len;
	const char *p;
	Decimal d = {0, 0, 0};
	bool fraction = false;

	for (p = text; p < end && *p != 'e'; p++)
	{
		if (*p == '.')
			fraction = true;
		else
		{
			d.digits = d.digits * 10 + (uint64_t) (*p - '0');
			d.exponent -= fraction;
		}
	}
	if (p < end)
	{
		bool negative = p[1] == '-';
		int exponent = 0;

		for (p += 2; p < end; p++)
			exponent = exponent * 10 + (*p - '0');
		d.exponent += negative ? -exponent : exponent;
	}
	trim_zeros(&d);
	return d;
}

static void
trim_zeros(Decimal *d)
{
	while (d->digits % 10 == 0)
	{
		d->digits /= 10;
		d->exponent++;
	}
	d->count = count_digits(d->digits);
}

/*
 * Takes the decimal halfway to the next number above or below if it is
 * shorter.  It reads back as our number only if our mantissa is even.  Halfway
 * to a number lies an odd multiple of a power of two; with a negative power it
 * has more digits than are ever needed.
 */
static void
prefer_midpoint(Decimal *d, const Binary *b)
{
	if (b->exponent < 2 || b->mantissa % 2 != 0)
		return;
	try_midpoint(d, 2 * b->mantissa + 1, b->exponent - 1);
	if (b->smallest)
		try_midpoint(d, 4 * b->mantissa - 1, b->exponent - 2);
	else
		try_midpoint(d, 2 * b->mantissa - 1, b->exponent - 1);
}

/* Replaces *d by odd * 2^shift if that has fewer digits (one counts as two). */
static void
try_midpoint(Decimal *d, uint64_t odd, int shift)
{
	int zeros = 0;

	while (shift > 0 && odd % 5 == 0)
	{
		odd /= 5;
		shift--;
		zeros++;
	}
	if (shift < __builtin_clzll(odd) && d->count > 2 && count_digits(odd << shift) < d->count)
	{
		d->digits = odd << shift;
		d->count = count_digits(d->digits);
		d->exponent = zeros;
	}
}

/*
 * The best decimal of two digits for mantissa * unit * 10^exponent.  Numbers
 * are less than 1 % apart unless the mantissa is tiny: only then can the
 * neighbour of a good decimal of one digit be better.
 */
static void
round_to_two_digits(Decimal *d, uint64_t mantissa, uint64_t unit, int exponent)
{
	int surplus;
	uint64_t power;

	if (mantissa >= MAX_UNITS)
		return;
	surplus = count_digits(mantissa * unit) - 2;
	power = powers_of_ten[surplus];
	d->digits = (mantissa * unit + power / 2) / power;
	d->exponent = exponent + surplus;
	trim_zeros(d);
}
