/*
 * string.c
 *		Strings and member names, escaped as Jackson's UTF8JsonGenerator does.
 *
 * \" \\ \b \t \n \f \r have short escapes, other control characters are
 * \u00XX, characters beyond the BMP an escaped surrogate pair, all with
 * upper-case digits; everything else is written as it is.  With buf->ascii
 * (SQL functions in a database whose encoding is not UTF-8) every character
 * beyond ASCII is \uXXXX, which is the same JSON.
 *
 * Nearly all bytes are plain ASCII, so the loop looks at 16 of them at once
 * and copies them on the way; single bytes are looked at only from a hit on.
 * Room is reserved for the worst case of one piece, and nothing below checks
 * for room again.
 */
#include "json/json.h"
#include "json/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/*
 * The longest text that is escaped, or copied, at once.  A measuring buffer
 * then needs no more than MAX_GROWTH times this much room; a smaller piece
 * would cost more in reservations, a larger one nothing less.
 */
#define PIECE 8192

/* \uXXXX for one byte; a character of four bytes takes two of them, 3 per byte */
#define MAX_GROWTH 6

static char *escape(CdcBuf *buf, char *out, const unsigned char *p, const unsigned char *end);
static int plain_prefix(const unsigned char *p, char *out);
static bool copy_plain_rest(const unsigned char *p, size_t len, char *out);
static char *escape_character(CdcBuf *buf, char *out, const unsigned char **p, const unsigned char *end);
static char *put_unit(char *out, uint32_t unit);
static size_t piece_length(const unsigned char *text, size_t len);

/* What follows the backslash of a control character; 'u': \u00XX. */
static const char control_escapes[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";

static inline bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void
cdc_json_string(CdcBuf *buf, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *) text;

	if (len <= PIECE)
	{
		char *start = cdc_buf_reserve(buf, len * MAX_GROWTH + 2);
		char *out = start;

		*out++ = '"';
		out = escape(buf, out, p, p + len);
		*out++ = '"';
		cdc_buf_commit(buf, (size_t) (out - start));
		return;
	}

	cdc_json_string_begin(buf);
	cdc_json_string_part(buf, text, len);
	cdc_json_string_end(buf);
}

void
cdc_json_member(CdcBuf *buf, bool first, const char *name, size_t len)
{
	if (!first)
		cdc_buf_char(buf, ',');
	cdc_json_string(buf, name, len);
	cdc_buf_char(buf, ':');
}

void
cdc_json_string_begin(CdcBuf *buf)
{
	cdc_buf_char(buf, '"');
}

void
cdc_json_string_end(CdcBuf *buf)
{
	cdc_buf_char(buf, '"');
}

void
cdc_json_string_part(CdcBuf *buf, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *) text;

	while (len > 0)
	{
		size_t n = piece_length(p, len);
		char *start = cdc_buf_reserve(buf, n * MAX_GROWTH);

		cdc_buf_commit(buf, (size_t) (escape(buf, start, p, p + n) - start));
		p += n;
		len -= n;
	}
}

/*
 * Jackson escapes both halves of a pair without looking at the other one, so
 * a lone half comes out as the same six bytes.
 */
void
cdc_json_string_unit(CdcBuf *buf, uint16_t unit)
{
	char utf8[3];

	if (unit >= 0xD800 && unit <= 0xDFFF)
	{
		put_unit(cdc_buf_reserve(buf, 6), unit);
		cdc_buf_commit(buf, 6);
	}
	else if (unit < 0x80)
	{
		utf8[0] = (char) unit;
		cdc_json_string_part(buf, utf8, 1);
	}
	else if (unit < 0x800)
	{
		utf8[0] = (char) (0xC0 | (unit >> 6));
		utf8[1] = (char) (0x80 | (unit & 0x3F));
		cdc_json_string_part(buf, utf8, 2);
	}
	else
	{
		utf8[0] = (char) (0xE0 | (unit >> 12));
		utf8[1] = (char) (0x80 | ((unit >> 6) & 0x3F));
		utf8[2] = (char) (0x80 | (unit & 0x3F));
		cdc_json_string_part(buf, utf8, 3);
	}
}

void
cdc_json_plain(CdcBuf *buf, const char *text, size_t len)
{
	char *out;

	if (len <= PIECE)
	{
		out = cdc_buf_reserve(buf, len + 2);
		*out++ = '"';
		if (len > 0)
			memcpy(out, text, len);
		out[len] = '"';
		cdc_buf_commit(buf, len + 2);
		return;
	}

	cdc_buf_char(buf, '"');
	cdc_json_raw(buf, text, len);
	cdc_buf_char(buf, '"');
}

void
cdc_json_raw(CdcBuf *buf, const char *json, size_t len)
{
	while (len > PIECE)
	{
		cdc_buf_append(buf, json, PIECE);
		json += PIECE;
		len -= PIECE;
	}
	if (len > 0)
		cdc_buf_append(buf, json, len);
}

/*
 * Escapes [p, end) to "out", where MAX_GROWTH bytes per byte are free, and
 * returns the end of what was written.  Storing 16 bytes before it is known
 * how many of them count needs no room beyond that: at least 16 bytes of
 * input are left then.
 */
static char *
escape(CdcBuf *buf, char *out, const unsigned char *p, const unsigned char *end)
{
	while (p < end)
	{
		size_t left = (size_t) (end - p);

		if (left >= 16)
		{
			int n = plain_prefix(p, out);

			p += n;
			out += n;
			if (n == 16)
				continue;
		}
		else if (copy_plain_rest(p, left, out))
			return out + left;
		else
		{
			while (is_plain(*p))
				*out++ = (char) *p++;
		}

		/* *p is special; what follows it often is too, in most scripts */
		do
			out = escape_character(buf, out, &p, end);
		while (p < end && !is_plain(*p));
	}
	return out;
}

/* A word of eight bytes that are all "byte". */
#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * True if no byte of the word is special.  Each term has the top bit of some
 * byte set if, and only if, the word has a byte below 0x20, a quote or a
 * backslash; which byte that is does not show reliably.
 */
static inline bool
is_plain_word(uint64_t w)
{
	uint64_t quote = w ^ EIGHT('"');
	uint64_t backslash = w ^ EIGHT('\\');
	uint64_t hits = w | ((w - EIGHT(0x20)) & ~w);

	hits |= (quote - EIGHT(1)) & ~quote;
	hits |= (backslash - EIGHT(1)) & ~backslash;
	return (hits & EIGHT(0x80)) == 0;
}

/*
 * Copies 16 bytes and returns how many of them, counted from the first, are
 * plain.  Compared as signed numbers, bytes from 0x80 on are below 0x20 too.
 */
#if defined(__SSE2__)

static inline int
plain_prefix(const unsigned char *p, char *out)
{
	__m128i v = _mm_loadu_si128((const __m128i *) p);
	__m128i hits = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
	unsigned mask;

	hits = _mm_or_si128(hits, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
	hits = _mm_or_si128(hits, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	_mm_storeu_si128((__m128i *) out, v);
	mask = (unsigned) _mm_movemask_epi8(hits);
	return mask == 0 ? 16 : __builtin_ctz(mask);
}

#elif defined(__aarch64__) && defined(__ARM_NEON)

static inline int
plain_prefix(const unsigned char *p, char *out)
{
	uint8x16_t v = vld1q_u8(p);
	uint8x16_t hits = vcltq_s8(vreinterpretq_s8_u8(v), vdupq_n_s8(0x20));
	uint64_t mask;

	hits = vorrq_u8(hits, vceqq_u8(v, vdupq_n_u8('"')));
	hits = vorrq_u8(hits, vceqq_u8(v, vdupq_n_u8('\\')));
	vst1q_u8((uint8_t *) out, v);

	/* no movemask here: shifting right by four leaves four bits of each byte */
	mask = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(hits), 4)), 0);
	return mask == 0 ? 16 : __builtin_ctzll(mask) / 4;
}

#else

static inline int
plain_prefix(const unsigned char *p, char *out)
{
	uint64_t word[2];
	int n = 0;

	memcpy(word, p, 16);
	memcpy(out, word, 16);
	if (is_plain_word(word[0]) && is_plain_word(word[1]))
		return 16;
	while (is_plain(p[n]))
		n++;
	return n;
}

#endif

/*
 * Copies the last 1 to 15 bytes if they all are plain, as two words that
 * overlap.  If not, returns false, and what lies at "out" does not count.
 */
static inline bool
copy_plain_rest(const unsigned char *p, size_t len, char *out)
{
	uint64_t head;
	uint64_t tail;
	uint32_t half[2];

	if (len >= 8)
	{
		memcpy(&head, p, 8);
		memcpy(&tail, p + len - 8, 8);
		memcpy(out, &head, 8);
		memcpy(out + len - 8, &tail, 8);
		return is_plain_word(head) && is_plain_word(tail);
	}
	if (len >= 4)
	{
		memcpy(&half[0], p, 4);
		memcpy(&half[1], p + len - 4, 4);
		memcpy(out, &half[0], 4);
		memcpy(out + len - 4, &half[1], 4);
		return is_plain_word(((uint64_t) half[0] << 32) | half[1]);
	}

	/* 1 to 3 bytes: the first, the middle and the last one are all there are */
	out[0] = (char) p[0];
	out[len / 2] = (char) p[len / 2];
	out[len - 1] = (char) p[len - 1];
	return is_plain(p[0]) && is_plain(p[len / 2]) && is_plain(p[len - 1]);
}

/* Writes the special character at *p and moves *p behind it. */
static inline char *
escape_character(CdcBuf *buf, char *out, const unsigned char **p, const unsigned char *end)
{
	const unsigned char *from = *p;
	uint32_t c;
	int n;

	if (*from < 0x80)
	{
		*p += 1;
		if (*from < 0x20 && control_escapes[*from] == 'u')
			return put_unit(out, *from);
		out[0] = '\\';
		out[1] = *from < 0x20 ? control_escapes[*from] : (char) *from;
		return out + 2;
	}

	n = cdc_utf8_decode(from, end, &c);
	*p += n;
	if (c == CDC_UTF8_INVALID)
	{
		buf->replaced++;
		if (buf->ascii)
			return put_unit(out, CDC_UTF8_REPLACEMENT);
		memcpy(out, "\xEF\xBF\xBD", 3);
		return out + 3;
	}
	if (c >= 0x10000)
	{
		out = put_unit(out, CDC_HIGH_SURROGATE(c));
		return put_unit(out, CDC_LOW_SURROGATE(c));
	}
	if (buf->ascii)
		return put_unit(out, c);

	/* two or three bytes */
	out[0] = (char) from[0];
	out[1] = (char) from[1];
	if (n == 3)
		out[2] = (char) from[2];
	return out + n;
}

/* \uXXXX */
static inline char *
put_unit(char *out, uint32_t unit)
{
	static const char digits[] = "0123456789ABCDEF";

	out[0] = '\\';
	out[1] = 'u';
	out[2] = digits[unit >> 12];
	out[3] = digits[(unit >> 8) & 15];
	out[4] = digits[(unit >> 4) & 15];
	out[5] = digits[unit & 15];
	return out + 6;
}

/*
 * How much of a text to take at once: a piece that ends where a character
 * does.  A byte that continues nothing in the three bytes before it is bad in
 * any case, so cutting there changes neither the text nor the count.
 */
static size_t
piece_length(const unsigned char *text, size_t len)
{
	size_t n = PIECE;
	int back;

	if (len <= PIECE)
		return len;
	for (back = 0; back <= 3; back++)
	{
		if (!cdc_utf8_continues(text[n - (size_t) back]))
			return n - (size_t) back;
	}
	return n;
}
