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
 * Nearly all text is written as it is, so the loop looks at 16 bytes at once
 * and copies them on the way.  Room is reserved for the worst case of one
 * piece, and nothing below checks for room again.
 */
#include "json/json.h"
#include "json/utf8.h"
#include "json/vector.h"

/*
 * The longest text that is escaped, or copied, at once.  A measuring buffer
 * then needs no more than MAX_GROWTH times this much room; a smaller piece
 * would cost more in reservations, a larger one nothing less.
 */
#define PIECE 8192

/* \uXXXX for one byte; a character of four bytes takes two of them, 3 per byte */
#define MAX_GROWTH 6

/* bytes of the longest character */
#define MAX_CHARACTER 4

static char *escape(CdcBuf *buf, char *out, const unsigned char *p, const unsigned char *end);
static bool copy_plain_block(const unsigned char *p, char *out);
static bool is_unescaped_block(const unsigned char *p);
static bool is_unescaped_rest(const unsigned char *p, size_t len);
static int unchanged_prefix(const unsigned char *p, bool ascii);
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

size_t
cdc_json_plain_prefix(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *) text;
	size_t n = 0;

	while (len - n >= 16 && is_unescaped_block(p + n))
		n += 16;
	if (len - n < 16 && is_unescaped_rest(p + n, len - n))
		return len;
	while (n < len && p[n] >= 0x20 && p[n] != '"' && p[n] != '\\')
		n++;
	return n;
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
	bool ascii = buf->ascii;

	while (end - p >= 16)
	{
		int n;

		/* a branch: with a computed step each load would wait for the last test */
		if (__builtin_expect(copy_plain_block(p, out), true))
		{
			p += 16;
			out += 16;
			continue;
		}
		n = unchanged_prefix(p, ascii);
		p += n;
		out += n;
		if (n <= 16 - MAX_CHARACTER)
			out = escape_character(buf, out, &p, end);
	}

	if (p == end)
		return out;
	if (copy_plain_rest(p, (size_t) (end - p), out))
		return out + (end - p);
	while (p < end)
	{
		if (is_plain(*p))
			*out++ = (char) *p++;
		else
			out = escape_character(buf, out, &p, end);
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
 * Whether eight bytes have nothing to escape that is ASCII.  The top bit of a
 * byte is not ASCII's: without it a byte may also only look like that.
 */
static inline bool
is_unescaped_word(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, 8);
	return is_plain_word(word & EIGHT(0x7F));
}

/* The same for up to 15 bytes, as two words that overlap. */
static inline bool
is_unescaped_rest(const unsigned char *p, size_t len)
{
	uint32_t half[2];

	if (len >= 8)
		return is_unescaped_word(p) && is_unescaped_word(p + len - 8);
	if (len >= 4)
	{
		memcpy(&half[0], p, 4);
		memcpy(&half[1], p + len - 4, 4);
		return is_plain_word((((uint64_t) half[0] << 32) | half[1]) & EIGHT(0x7F));
	}
	return len == 0 || (is_plain(p[0]) && is_plain(p[len / 2]) && is_plain(p[len - 1]));
}

#ifdef CDC_VECTOR

/* FF for each control character, quote and backslash. */
static inline CdcVector
special_bytes(CdcVector v)
{
	return cdc_vector_or(cdc_vector_matching(v, 0xE0, 0),
						 cdc_vector_or(cdc_vector_matching(v, 0xFF, '"'), cdc_vector_matching(v, 0xFF, '\\')));
}

/* Copies 16 bytes and returns whether all of them are plain. */
static inline bool
copy_plain_block(const unsigned char *p, char *out)
{
	CdcVector v = cdc_vector_load(p);

	cdc_vector_store(out, v);
	return cdc_vector_is_low(cdc_vector_or(v, special_bytes(v)));
}

/* Whether 16 bytes have nothing to escape that is ASCII. */
static inline bool
is_unescaped_block(const unsigned char *p)
{
	return cdc_vector_is_low(special_bytes(cdc_vector_load(p)));
}

static inline CdcMask
matching(CdcVector v, unsigned char bits, unsigned char value)
{
	return cdc_vector_mask(cdc_vector_matching(v, bits, value));
}

/* The bytes behind those of a mask. */
static inline CdcMask
following(CdcMask mask)
{
	return mask << CDC_MASK_BITS;
}

static inline bool
has_byte(CdcMask mask, int i)
{
	return (mask >> (i * CDC_MASK_BITS) & 1) != 0;
}

/*
 * How many of 16 bytes, the first of which begins a character, are whole
 * characters that are written as they are.  Up to 12, what follows them must
 * be escaped or replaced; beyond, it may just be cut off.
 *
 * Each byte from 0x80 on must be what the ones before it call for, and the
 * second one has a narrower range after E0 (or it would be overlong) and after
 * ED (surrogates).  Characters of four bytes are escaped, so F0 and more stop
 * here like a quote does.
 */
static int
unchanged_prefix(const unsigned char *p, bool ascii)
{
	CdcVector v = cdc_vector_load(p);
	CdcMask wrong = cdc_vector_mask(special_bytes(v));
	CdcMask lead2 = matching(v, 0xE0, 0xC0);
	CdcMask lead3 = matching(v, 0xF0, 0xE0);
	CdcMask continues = matching(v, 0xC0, 0x80);
	CdcMask upper = matching(v, 0x20, 0x20); /* of bytes that continue: A0 to BF */
	CdcMask high = matching(v, 0x80, 0x80);
	int n;

	if (ascii || high == 0)
		return cdc_mask_first(wrong | high);

	wrong |= matching(v, 0xF0, 0xF0) | matching(v, 0xFE, 0xC0);
	wrong |= continues ^ (following(lead2 | lead3) | following(following(lead3)));
	wrong |= following(matching(v, 0xFF, 0xE0)) & ~upper;
	wrong |= following(matching(v, 0xFF, 0xED)) & upper;

	/*
	 * A character that breaks off, or is cut off, does not count.  For blocks
	 * without anything wrong, constants: see the caller's branch.
	 */
	n = cdc_mask_first(wrong);
	if (n == 16)
	{
		if (has_byte(lead2 | lead3, 15))
			return 15;
		if (has_byte(lead3, 14))
			return 14;
		return 16;
	}
	if (n >= 1 && has_byte(lead2 | lead3, n - 1))
		return n - 1;
	if (n >= 2 && has_byte(lead3, n - 2))
		return n - 2;
	return n;
}

#else

static inline bool
copy_plain_block(const unsigned char *p, char *out)
{
	uint64_t words[2];

	memcpy(words, p, 16);
	memcpy(out, words, 16);
	return is_plain_word(words[0]) && is_plain_word(words[1]);
}

static inline bool
is_unescaped_block(const unsigned char *p)
{
	return is_unescaped_word(p) && is_unescaped_word(p + 8);
}

/* Without vectors, only ASCII is looked for. */
static int
unchanged_prefix(const unsigned char *p, bool ascii)
{
	int n = 0;

	while (n < 16 && is_plain(p[n]))
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

void
cdc_json_characters(CdcBuf *buf, const char *text, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *p = text;
	const char *end = text + len;
	const char *clean = p;

	cdc_buf_char(buf, '"');
	for (; p < end; p++)
	{
		unsigned char c = (unsigned char) *p;
		char escaped[6] = "\\u00";
		size_t n = 2;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		cdc_buf_append(buf, clean, (size_t) (p - clean));
		clean = p + 1;
		if (c >= 0x20)
			escaped[1] = (char) c;
		else if (control_escapes[c] != 'u')
			escaped[1] = control_escapes[c];
		else
		{
			escaped[4] = digits[c >> 4];
			escaped[5] = digits[c & 0x0f];
			n = sizeof(escaped);
		}
		cdc_buf_append(buf, escaped, n);
	}
	cdc_buf_append(buf, clean, (size_t) (end - clean));
	cdc_buf_char(buf, '"');
}
