/*
 * decimal.c
 *		Decimal numbers to digits, to binary, and to double.
 *
 * No function allocates; all are linear in the number of digits but for the
 * conversion to binary, which is quadratic with a small factor: a value of
 * 131,072 digits, the longest integer there is, takes some 20 ms.
 */
#include "value/decimal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As many decimal digits always fit into an int64. */
#define INT64_DIGITS 18

/* Digits of a double that can matter: halfway between two of them has at most 767. */
#define DOUBLE_DIGITS 200

static uint64_t multiply_add(uint64_t *limbs, size_t nlimbs, uint64_t factor, uint64_t summand);
static size_t small_unscaled(const CdcDecimal *number, int count, int partial, uint8_t *out, const uint8_t **bytes);
static inline char *put_digits(char *p, unsigned digit, int from, int to);
static inline char *put_four(char *p, unsigned digit);
static char *put_unsigned(char *p, unsigned value);

static const uint64_t powers_of_10[] = {1, 10, 100, 1000, CDC_DECIMAL_BASE};

static inline unsigned
digit_at(const CdcDecimal *number, int i)
{
	uint16_t digit;

	if (i < 0 || i >= number->ndigits)
		return 0;
	memcpy(&digit, (const char *) number->digits + (size_t) i * sizeof(digit), sizeof(digit));
	return digit;
}

static inline int
count_digits(unsigned digit)
{
	if (digit >= 100)
		return digit >= 1000 ? 4 : 3;
	return digit >= 10 ? 2 : 1;
}

void
cdc_decimal_normalize(CdcDecimal *number)
{
	while (number->ndigits > 0 && digit_at(number, number->ndigits - 1) == 0)
		number->ndigits--;
	while (number->ndigits > 0 && digit_at(number, 0) == 0)
	{
		number->digits = (const char *) number->digits + sizeof(uint16_t);
		number->ndigits--;
		number->weight--;
	}
	if (number->ndigits == 0)
	{
		number->weight = 0;
		number->negative = false;
	}
}

void
cdc_decimal_from_int64(CdcDecimal *number, uint16_t *digits, int64_t value, int scale)
{
	/* negated without overflow for the most negative value */
	uint64_t rest = value < 0 ? ~(uint64_t) value + 1 : (uint64_t) value;
	int partial = scale % CDC_DECIMAL_BASE_DIGITS;
	int i = CDC_DECIMAL_INT64_DIGITS;

	/* the point lies between two digits: the last one may be filled up with zeros */
	if (partial > 0)
	{
		digits[--i] = (uint16_t) (rest % powers_of_10[partial] *
								  powers_of_10[CDC_DECIMAL_BASE_DIGITS - partial]);
		rest /= powers_of_10[partial];
	}
	for (; i > 0; rest /= CDC_DECIMAL_BASE)
		digits[--i] = (uint16_t) (rest % CDC_DECIMAL_BASE);

	number->kind = CDC_DECIMAL_FINITE;
	number->negative = value < 0;
	number->ndigits = CDC_DECIMAL_INT64_DIGITS;
	number->weight = CDC_DECIMAL_INT64_DIGITS - 1 -
					 (scale + CDC_DECIMAL_BASE_DIGITS - 1) / CDC_DECIMAL_BASE_DIGITS;
	number->dscale = scale;
	number->digits = digits;
	cdc_decimal_normalize(number);
}

int
cdc_decimal_least_scale(const CdcDecimal *number)
{
	int scale = CDC_DECIMAL_BASE_DIGITS * (number->ndigits - 1 - number->weight);
	unsigned last = digit_at(number, number->ndigits - 1);

	if (number->ndigits == 0 || scale <= 0)
		return 0;
	for (; last % 10 == 0; last /= 10)
		scale--;
	return scale;
}

size_t
cdc_decimal_plain_size(const CdcDecimal *number, int scale)
{
	int whole = number->weight < 0 ? 1 : number->weight + 1;

	/* sign, digits before the point, point, digits after it */
	return 2 + (size_t) whole * CDC_DECIMAL_BASE_DIGITS + (size_t) scale;
}

size_t
cdc_decimal_plain(const CdcDecimal *number, int scale, char *text)
{
	char *p = text;
	unsigned first = digit_at(number, 0);
	int skip = CDC_DECIMAL_BASE_DIGITS - count_digits(first);
	int i = 0;

	if (number->negative)
		*p++ = '-';

	/* the first digit has no leading zeros, the others have */
	if (number->weight < 0)
	{
		*p++ = '0';
		i = number->weight + 1; /* zeros come before the first digit */
	}
	else
	{
		p = put_digits(p, first, skip, CDC_DECIMAL_BASE_DIGITS);
		for (i = 1; i <= number->weight; i++)
			p = put_four(p, digit_at(number, i));
	}
	if (scale == 0)
		return (size_t) (p - text);

	*p++ = '.';
	for (; scale >= CDC_DECIMAL_BASE_DIGITS; scale -= CDC_DECIMAL_BASE_DIGITS)
		p = put_four(p, digit_at(number, i++));
	if (scale > 0)
		p = put_digits(p, digit_at(number, i), 0, scale);
	return (size_t) (p - text);
}

size_t
cdc_decimal_java(const CdcDecimal *number, int scale, char *text)
{
	size_t len = cdc_decimal_plain(number, scale, text);
	size_t sign = number->negative ? 1 : 0;
	unsigned first = digit_at(number, 0);
	int exponent; /* of the first decimal digit that is not zero */
	size_t ndigits;
	char *p;

	if (number->ndigits == 0)
		exponent = -scale;
	else
		exponent = number->weight * CDC_DECIMAL_BASE_DIGITS + count_digits(first) - 1;
	if (exponent >= -6)
		return len;

	/*
	 * All digits are behind the point and at least six zeros come first, which
	 * leaves room for "E-" and the exponent.  Zero is a digit of its own: 0E-8.
	 */
	ndigits = (size_t) (exponent + scale + 1);
	p = text + sign;
	memmove(p, text + len - ndigits, ndigits);
	if (ndigits > 1)
	{
		memmove(p + 2, p + 1, ndigits - 1);
		p[1] = '.';
		p++;
	}
	p += ndigits;
	*p++ = 'E';
	*p++ = '-';
	p = put_unsigned(p, (unsigned) -exponent);
	return (size_t) (p - text);
}

size_t
cdc_decimal_unscaled_size(const CdcDecimal *number, int scale)
{
	int whole = number->weight < 0 ? 0 : number->weight + 1;
	size_t ndecimals = (size_t) whole * CDC_DECIMAL_BASE_DIGITS + (size_t) scale;

	/*
	 * A decimal digit takes less than 10/3 bits.  One word more for what is
	 * rounded, one for the sign in front, one that the last carry may touch.
	 */
	return ndecimals * 10 / 3 / 64 + 3;
}

size_t
cdc_decimal_unscaled(const CdcDecimal *number, int scale, uint64_t *work, const uint8_t **bytes)
{
	const int step = 4; /* digits at a time: 10000 ^ 4 and 10000 ^ 4 * 1000 fit into 64 bits */
	int partial = scale % CDC_DECIMAL_BASE_DIGITS;
	int count = number->weight + 1 + scale / CDC_DECIMAL_BASE_DIGITS;
	uint64_t *limbs = work + 1; /* least significant first */
	size_t nlimbs = 1;
	size_t len;
	uint8_t *out;
	uint8_t sign = number->negative ? 0xff : 0;
	size_t i;
	int next = 0;

	if (count * CDC_DECIMAL_BASE_DIGITS + partial <= INT64_DIGITS)
		return small_unscaled(number, count, partial, (uint8_t *) work, bytes);

	/* the leading digits, so that the rest is a multiple of the step */
	limbs[0] = 0;
	while (next < count && (next == 0 || (count - next) % step != 0))
		limbs[0] = limbs[0] * CDC_DECIMAL_BASE + digit_at(number, next++);
	while (next < count)
	{
		uint64_t chunk = 0;
		uint64_t factor = 1;
		uint64_t carry;
		int k;

		for (k = 0; k < step; k++)
		{
			chunk = chunk * CDC_DECIMAL_BASE + digit_at(number, next++);
			factor *= CDC_DECIMAL_BASE;
		}
		carry = multiply_add(limbs, nlimbs, factor, chunk);
		if (carry != 0)
			limbs[nlimbs++] = carry;
	}
	if (partial > 0)
	{
		unsigned digit = digit_at(number, count);
		uint64_t cut = powers_of_10[CDC_DECIMAL_BASE_DIGITS - partial];
		uint64_t carry = multiply_add(limbs, nlimbs, powers_of_10[partial], digit / cut);

		if (carry != 0)
			limbs[nlimbs++] = carry;
	}

	if (number->negative)
	{
		uint64_t carry = 1;

		for (i = 0; i < nlimbs; i++)
		{
			limbs[i] = ~limbs[i] + carry;
			carry = carry != 0 && limbs[i] == 0;
		}
		if (carry != 0)
			sign = 0; /* it was zero, cut off */
	}

	/* in place: the words in reverse, and each of them most significant byte first */
	for (i = 0; i < nlimbs - i; i++)
	{
		uint64_t low = limbs[i];
		uint64_t high = limbs[nlimbs - 1 - i];
		uint8_t *front = (uint8_t *) (limbs + i);
		uint8_t *back = (uint8_t *) (limbs + nlimbs - 1 - i);
		int k;

		for (k = 7; k >= 0; k--, high >>= 8)
			front[k] = (uint8_t) high;
		for (k = 7; k >= 0; k--, low >>= 8)
			back[k] = (uint8_t) low;
	}

	/* a sign byte in front, then drop the bytes that say no more than the sign */
	len = nlimbs * sizeof(uint64_t) + 1;
	out = (uint8_t *) limbs - 1;
	out[0] = sign;
	while (len > 1 && out[0] == sign && ((out[1] ^ sign) & 0x80) == 0)
	{
		out++;
		len--;
	}
	*bytes = out;
	return len;
}

/* The same for a number whose digits fit into an int64, as most do. */
static size_t
small_unscaled(const CdcDecimal *number, int count, int partial, uint8_t *out, const uint8_t **bytes)
{
	int64_t value = 0;
	uint64_t magnitude;
	int bits = 1; /* with the sign */
	size_t len;
	int i;

	for (i = 0; i < count; i++)
		value = value * CDC_DECIMAL_BASE + digit_at(number, i);
	if (partial > 0)
		value = value * (int64_t) powers_of_10[partial] +
				digit_at(number, count) / (unsigned) powers_of_10[CDC_DECIMAL_BASE_DIGITS - partial];
	if (number->negative)
		value = -value;

	magnitude = (uint64_t) (value < 0 ? ~value : value);
	if (magnitude != 0)
		bits += 64 - __builtin_clzll(magnitude);
	len = (size_t) (bits + 7) / 8;
	for (i = 0; i < 8; i++)
		out[i] = (uint8_t) ((uint64_t) value >> (56 - 8 * i));
	*bytes = out + 8 - len;
	return len;
}

double
cdc_decimal_double(const CdcDecimal *number)
{
	char text[DOUBLE_DIGITS * CDC_DECIMAL_BASE_DIGITS + 16];
	char *p = text;
	int ndigits = number->ndigits < DOUBLE_DIGITS ? number->ndigits : DOUBLE_DIGITS;
	int exponent = (number->weight - ndigits + 1) * CDC_DECIMAL_BASE_DIGITS;
	int i;

	switch (number->kind)
	{
		case CDC_DECIMAL_NAN:
			return NAN;
		case CDC_DECIMAL_POSITIVE_INFINITY:
			return INFINITY;
		case CDC_DECIMAL_NEGATIVE_INFINITY:
			return -INFINITY;
		case CDC_DECIMAL_FINITE:
			break;
	}

	/* one operation on two exact doubles is rounded correctly */
	if (ndigits <= 4 && exponent >= -16 && exponent <= 16 &&
		(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1))
	{
		uint64_t mantissa = 0;
		double power = 1;

		for (i = 0; i < ndigits; i++)
			mantissa = mantissa * CDC_DECIMAL_BASE + digit_at(number, i);
		for (i = abs(exponent); i > 0; i -= CDC_DECIMAL_BASE_DIGITS)
			power *= CDC_DECIMAL_BASE;
		if (mantissa <= (UINT64_C(1) << 53))
		{
			double value = exponent < 0 ? (double) mantissa / power : (double) mantissa * power;

			return number->negative ? -value : value;
		}
	}

	/* of what lies beyond the digits that matter, only whether there is something */
	if (number->negative)
		*p++ = '-';
	for (i = 0; i < ndigits; i++)
		p = put_digits(p, digit_at(number, i), 0, CDC_DECIMAL_BASE_DIGITS);
	if (ndigits < number->ndigits)
	{
		*p++ = '1';
		exponent--;
	}
	*p++ = 'e';
	if (exponent < 0)
		*p++ = '-';
	p = put_unsigned(p, (unsigned) abs(exponent));
	*p = '\0';
	return strtod(text, NULL);
}

/* limbs = limbs * factor + summand; returns the word that it grew by. */
static uint64_t
multiply_add(uint64_t *limbs, size_t nlimbs, uint64_t factor, uint64_t summand)
{
	uint64_t carry = summand;
	size_t i;

	for (i = 0; i < nlimbs; i++)
	{
#ifdef __SIZEOF_INT128__
		unsigned __int128 product = (unsigned __int128) limbs[i] * factor + carry;

		limbs[i] = (uint64_t) product;
		carry = (uint64_t) (product >> 64);
#else
		/* in halves; "factor" is below 2 ^ 54, so the sums do not overflow */
		uint64_t low = (limbs[i] & 0xffffffff) * (factor & 0xffffffff);
		uint64_t left = (limbs[i] >> 32) * (factor & 0xffffffff);
		uint64_t right = (limbs[i] & 0xffffffff) * (factor >> 32);
		uint64_t high = (limbs[i] >> 32) * (factor >> 32);
		uint64_t middle = (low >> 32) + (left & 0xffffffff) + (right & 0xffffffff);

		low = (middle << 32) | (low & 0xffffffff);
		high += (left >> 32) + (right >> 32) + (middle >> 32);
		limbs[i] = low + carry;
		carry = high + (limbs[i] < low);
#endif
	}
	return carry;
}

/* All four decimal digits of a digit. */
static inline char *
put_four(char *p, unsigned digit)
{
	unsigned high = digit / 100;
	unsigned low = digit % 100;

	p[0] = (char) ('0' + high / 10);
	p[1] = (char) ('0' + high % 10);
	p[2] = (char) ('0' + low / 10);
	p[3] = (char) ('0' + low % 10);
	return p + 4;
}

/* The decimal digits number "from" up to "to" of a four-digit number. */
static inline char *
put_digits(char *p, unsigned digit, int from, int to)
{
	char all[CDC_DECIMAL_BASE_DIGITS];

	all[0] = (char) ('0' + digit / 1000);
	all[1] = (char) ('0' + digit / 100 % 10);
	all[2] = (char) ('0' + digit / 10 % 10);
	all[3] = (char) ('0' + digit % 10);
	while (from < to)
		*p++ = all[from++];
	return p;
}

static char *
put_unsigned(char *p, unsigned value)
{
	char reversed[12];
	int n = 0;

	do
	{
		reversed[n++] = (char) ('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (n > 0)
		*p++ = reversed[--n];
	return p;
}
