/*
 * decimal.h
 *		Decimal numbers of any length, as PostgreSQL stores them.
 *
 * A number is a row of base-10000 digits with the place of the first one, and
 * is only read here.  Results go to memory that the caller sizes with the
 * function of the same name and "_size", so that this file needs no allocator
 * and no server headers.
 */
#ifndef CDC_DECIMAL_H
#define CDC_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CDC_DECIMAL_BASE 10000
#define CDC_DECIMAL_BASE_DIGITS 4 /* decimal digits in one digit */

typedef enum CdcDecimalKind
{
	CDC_DECIMAL_FINITE,
	CDC_DECIMAL_NAN,
	CDC_DECIMAL_POSITIVE_INFINITY,
	CDC_DECIMAL_NEGATIVE_INFINITY
} CdcDecimalKind;

typedef struct CdcDecimal
{
	CdcDecimalKind kind; /* the rest counts if it is finite */
	bool negative; /* never for zero */
	int weight; /* first digit's place: times 10000 ^ weight */
	int ndigits; /* 0: zero; neither the first nor the last digit is 0 */
	int dscale; /* decimal digits after the point that are displayed */
	const void *digits; /* uint16_t in native order, maybe unaligned */
} CdcDecimal;

/* Drops leading and trailing zero digits, which all other functions expect to be gone. */
extern void cdc_decimal_normalize(CdcDecimal *number);

/* value / 10 ^ scale; the number's digits live in "digits", of CDC_DECIMAL_INT64_DIGITS */
#define CDC_DECIMAL_INT64_DIGITS 6
extern void cdc_decimal_from_int64(CdcDecimal *number, uint16_t *digits, int64_t value,
								   int scale);

/* The fewest digits after the point that hold the value: BigDecimal.stripTrailingZeros, from 0. */
extern int cdc_decimal_least_scale(const CdcDecimal *number);

/* BigDecimal.toPlainString with "scale" digits after the point; further ones are cut off. */
extern size_t cdc_decimal_plain_size(const CdcDecimal *number, int scale);
extern size_t cdc_decimal_plain(const CdcDecimal *number, int scale, char *text);

/*
 * BigDecimal.toString: with an exponent if that is below -6.  "scale" must not
 * cut anything off.  Memory as for the plain text.
 */
extern size_t cdc_decimal_java(const CdcDecimal *number, int scale, char *text);

/*
 * BigInteger.toByteArray of the number times 10 ^ scale: big-endian two's
 * complement in as few bytes as hold it and its sign.  They lie somewhere in
 * "work", of so many words.
 */
extern size_t cdc_decimal_unscaled_size(const CdcDecimal *number, int scale);
extern size_t cdc_decimal_unscaled(const CdcDecimal *number, int scale, uint64_t *work,
								   const uint8_t **bytes);

/* BigDecimal.doubleValue: the nearest double, infinite or zero beyond the ends of its range. */
extern double cdc_decimal_double(const CdcDecimal *number);

#endif /* CDC_DECIMAL_H */
