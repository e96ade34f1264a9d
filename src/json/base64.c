/*
 * base64.c
 *		Bytes as text: base64 and hexadecimal digits, in double quotes.
 *
 * Standard base64 is what JsonConverter makes of BYTES; the URL alphabet and
 * hexadecimal digits are the other words of Debezium's binary.handling.mode.
 * All are padded as java.util.Base64 does it, on one line.
 */
#include "json/json.h"

/* Bytes that are encoded at once; a multiple of three, so that only the end is padded. */
#define PIECE 12288

static void encode_base64(CdcBuf *buf, const uint8_t *bytes, size_t len, const char *alphabet);
static char *base64_piece(char *out, const uint8_t *p, size_t len, const char *alphabet);

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char standard_alphabet[] = ALPHANUMERIC "+/";
static const char url_alphabet[] = ALPHANUMERIC "-_";

void
cdc_json_base64(CdcBuf *buf, const uint8_t *bytes, size_t len)
{
	encode_base64(buf, bytes, len, standard_alphabet);
}

void
cdc_json_base64url(CdcBuf *buf, const uint8_t *bytes, size_t len)
{
	encode_base64(buf, bytes, len, url_alphabet);
}

void
cdc_json_hex(CdcBuf *buf, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	cdc_buf_char(buf, '"');
	while (len > 0)
	{
		size_t n = len < PIECE ? len : PIECE;
		char *out = cdc_buf_reserve(buf, 2 * n);
		size_t i;

		for (i = 0; i < n; i++)
		{
			out[2 * i] = digits[bytes[i] >> 4];
			out[2 * i + 1] = digits[bytes[i] & 15];
		}
		cdc_buf_commit(buf, 2 * n);
		bytes += n;
		len -= n;
	}
	cdc_buf_char(buf, '"');
}

static void
encode_base64(CdcBuf *buf, const uint8_t *bytes, size_t len, const char *alphabet)
{
	cdc_buf_char(buf, '"');
	while (len > 0)
	{
		size_t n = len < PIECE ? len : PIECE;
		char *start = cdc_buf_reserve(buf, (n + 2) / 3 * 4);

		cdc_buf_commit(buf, (size_t) (base64_piece(start, bytes, n, alphabet) - start));
		bytes += n;
		len -= n;
	}
	cdc_buf_char(buf, '"');
}

/* Four characters for every three bytes, the last ones padded; returns their end. */
static char *
base64_piece(char *out, const uint8_t *p, size_t len, const char *alphabet)
{
	const uint8_t *end = p + len;
	uint32_t group;

	for (; end - p >= 3; p += 3)
	{
		group = ((uint32_t) p[0] << 16) | ((uint32_t) p[1] << 8) | p[2];
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[(group >> 12) & 63];
		*out++ = alphabet[(group >> 6) & 63];
		*out++ = alphabet[group & 63];
	}
	if (p < end)
	{
		group = (uint32_t) p[0] << 16;
		if (end - p == 2)
			group |= (uint32_t) p[1] << 8;
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[(group >> 12) & 63];
		*out++ = end - p == 2 ? alphabet[(group >> 6) & 63] : '=';
		*out++ = '=';
	}
	return out;
}
