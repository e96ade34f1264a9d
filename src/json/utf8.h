/*
 * utf8.h
 *		Reading UTF-8 one character at a time.
 *
 * Strict: no overlong forms, no surrogates, nothing above U+10FFFF.  What is
 * no character is divided as Unicode recommends ("maximal subparts"): a
 * sequence that breaks off is one piece up to where it broke off, any other
 * bad byte is one piece by itself.  Java's decoder divides in the same way.
 */
#ifndef CDC_UTF8_H
#define CDC_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#define CDC_UTF8_INVALID UINT32_MAX
#define CDC_UTF8_REPLACEMENT 0xFFFD

/* A byte that continues a character: 10xxxxxx. */
static inline bool
cdc_utf8_continues(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

/* The two UTF-16 units of a character beyond U+FFFF; 0xD7C0 is 0xD800 less 0x10000 / 0x400. */
#define CDC_HIGH_SURROGATE(c) (0xD7C0 + ((c) >> 10))
#define CDC_LOW_SURROGATE(c) (0xDC00 + ((c) % 0x400))

/*
 * Sets *c to the character at "p" (which is below "end") and returns its
 * length in bytes.  Where there is no character, *c is CDC_UTF8_INVALID and
 * the result is the length of the piece that is to be replaced, 1 to 3.
 */
static inline int
cdc_utf8_decode(const unsigned char *p, const unsigned char *end, uint32_t *c)
{
	unsigned char lead = p[0];
	unsigned char low = 0x80;
	unsigned char high = 0xBF;

	if (lead < 0x80)
	{
		*c = lead;
		return 1;
	}

	*c = CDC_UTF8_INVALID;
	if (lead < 0xC2 || lead > 0xF4 || end - p < 2)
		return 1;

	/* the second byte's range excludes overlong forms, surrogates and > U+10FFFF */
	if (lead == 0xE0)
		low = 0xA0;
	else if (lead == 0xED)
		high = 0x9F;
	else if (lead == 0xF0)
		low = 0x90;
	else if (lead == 0xF4)
		high = 0x8F;
	if (p[1] < low || p[1] > high)
		return 1;

	if (lead < 0xE0)
	{
		*c = ((uint32_t) (lead & 0x1F) << 6) | (p[1] & 0x3F);
		return 2;
	}
	if (end - p < 3 || !cdc_utf8_continues(p[2]))
		return 2;
	if (lead < 0xF0)
	{
		*c = ((uint32_t) (lead & 0x0F) << 12) | ((uint32_t) (p[1] & 0x3F) << 6) | (p[2] & 0x3F);
		return 3;
	}
	if (end - p < 4 || !cdc_utf8_continues(p[3]))
		return 3;
	*c = ((uint32_t) (lead & 0x07) << 18) | ((uint32_t) (p[1] & 0x3F) << 12) |
		 ((uint32_t) (p[2] & 0x3F) << 6) | (p[3] & 0x3F);
	return 4;
}

/* Writes a character (or, which is no UTF-8, a surrogate) and returns its length, 1 to 4. */
static inline int
cdc_utf8_encode(uint32_t c, char *out)
{
	if (c < 0x80)
	{
		out[0] = (char) c;
		return 1;
	}
	if (c < 0x800)
	{
		out[0] = (char) (0xC0 | (c >> 6));
		out[1] = (char) (0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000)
	{
		out[0] = (char) (0xE0 | (c >> 12));
		out[1] = (char) (0x80 | ((c >> 6) & 0x3F));
		out[2] = (char) (0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char) (0xF0 | (c >> 18));
	out[1] = (char) (0x80 | ((c >> 12) & 0x3F));
	out[2] = (char) (0x80 | ((c >> 6) & 0x3F));
	out[3] = (char) (0x80 | (c & 0x3F));
	return 4;
}

#endif /* CDC_UTF8_H */
