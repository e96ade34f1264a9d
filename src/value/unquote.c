/*
 * unquote.c
 *		Back from JSON to what it was made of.
 *
 * For mappers of values that have no text but the one in the event, and of
 * constants.  Only our own JSON is read: it is well-formed.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "json/utf8.h"
#include "value/value.h"

static const char *unescape(const char *p, const char *end, CdcBuf *text);
static uint32 read_hex4(const char *p);
static uint8 base64_digit(char c);

/*
 * The text of a JSON string, in CurrentMemoryContext or a part of the argument;
 * of other JSON, the JSON.
 */
CdcSlice
cdc_unquote(const char *json, size_t len)
{
	CdcSlice text = {json, len};
	CdcBuf plain;
	const char *p;
	const char *end;

	if (len < 2 || json[0] != '"')
		return text;
	text.data++;
	text.len -= 2;
	if (memchr(text.data, '\\', text.len) == NULL)
		return text;

	cdc_buf_palloc(&plain, text.len);
	end = text.data + text.len;
	for (p = text.data; p < end;)
	{
		const char *escape = memchr(p, '\\', end - p);

		cdc_buf_append(&plain, p, (escape ? escape : end) - p);
		p = escape ? unescape(escape + 1, end, &plain) : end;
	}
	text.data = plain.data;
	text.len = plain.len;
	return text;
}

/* Appends what the escape behind the backslash stands for; returns its end. */
static const char *
unescape(const char *p, const char *end, CdcBuf *text)
{
	static const char letters[] = "btnfr";
	static const char controls[] = "\b\t\n\f\r";
	const char *letter = strchr(letters, *p);
	uint32 c;

	if (*p != 'u' || end - p < 5)
	{
		cdc_buf_char(text, letter ? controls[letter - letters] : *p);
		return p + 1;
	}
	c = read_hex4(p + 1);
	p += 5;
	if ((c & 0xFC00) == 0xD800 && end - p >= 6)
	{
		c = 0x10000 + ((c - 0xD800) << 10) + (read_hex4(p + 2) - 0xDC00);
		p += 6;
	}
	cdc_buf_commit(text, cdc_utf8_encode(c, cdc_buf_reserve(text, 4)));
	return p;
}

static uint32
read_hex4(const char *p)
{
	uint32 value = 0;
	int i;

	for (i = 0; i < 4; i++)
		value = value << 4 | (p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return value;
}

/*
 * Decodes base64 (standard alphabet, padded) to at most "limit" bytes in
 * CurrentMemoryContext.
 */
CdcSlice
cdc_unbase64(CdcSlice base64, size_t limit)
{
	size_t groups = Min(base64.len / 4, (limit + 2) / 3);
	uint8 *decoded = palloc_extended(groups * 3 + 1, MCXT_ALLOC_HUGE);
	size_t len = 0;
	size_t i;
	CdcSlice bytes;

	for (i = 0; i < groups; i++)
	{
		const char *p = base64.data + i * 4;
		uint32 group = base64_digit(p[0]) << 18 | base64_digit(p[1]) << 12 |
					   base64_digit(p[2]) << 6 | base64_digit(p[3]);

		decoded[len++] = (uint8) (group >> 16);
		if (p[2] != '=')
			decoded[len++] = (uint8) (group >> 8);
		if (p[3] != '=')
			decoded[len++] = (uint8) group;
	}
	bytes.data = (const char *) decoded;
	bytes.len = Min(len, limit);
	return bytes;
}

static uint8
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : 0;
}
