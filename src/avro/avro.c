/*
 * avro.c
 *		Avro's scalars: floating-point numbers, bytes, strings.
 */
#include "avro/avro.h"

#include <math.h>

#include "json/utf8.h"

/* What is copied at once: a measuring buffer needs no more room than that. */
#define PIECE 8192

/* Bytes left free for a length that is not known yet: enough for 8,191. */
#define LENGTH_ROOM 2

void
cdc_avro_float(CdcBuf *buf, float value)
{
	uint32_t bits = 0x7FC00000;
	char *out = cdc_buf_reserve(buf, sizeof(bits));

	if (!isnan(value))
		memcpy(&bits, &value, sizeof(bits));
	for (size_t i = 0; i < sizeof(bits); i++)
		out[i] = (char) (bits >> (8 * i));
	cdc_buf_commit(buf, sizeof(bits));
}

void
cdc_avro_double(CdcBuf *buf, double value)
{
	uint64_t bits = UINT64_C(0x7FF8000000000000);
	char *out = cdc_buf_reserve(buf, sizeof(bits));

	if (!isnan(value))
		memcpy(&bits, &value, sizeof(bits));
	for (size_t i = 0; i < sizeof(bits); i++)
		out[i] = (char) (bits >> (8 * i));
	cdc_buf_commit(buf, sizeof(bits));
}

static void
append(CdcBuf *buf, const char *data, size_t len)
{
	while (len > PIECE)
	{
		cdc_buf_append(buf, data, PIECE);
		data += PIECE;
		len -= PIECE;
	}
	cdc_buf_append(buf, data, len);
}

void
cdc_avro_bytes(CdcBuf *buf, const void *bytes, size_t len)
{
	cdc_avro_long(buf, (int64_t) len);
	append(buf, bytes, len);
}

/* How many bytes at the start of a text are UTF-8. */
static size_t
valid_prefix(const char *text, size_t len)
{
	const unsigned char *start = (const unsigned char *) text;
	const unsigned char *end = start + len;
	const unsigned char *p = start;

	while (p < end)
	{
		uint32_t c;
		uint64_t word;
		int n;

		/* nearly all text is ASCII */
		if (end - p >= (ptrdiff_t) sizeof(word))
		{
			memcpy(&word, p, sizeof(word));
			if ((word & UINT64_C(0x8080808080808080)) == 0)
			{
				p += sizeof(word);
				continue;
			}
		}
		n = cdc_utf8_decode(p, end, &c);
		if (c == CDC_UTF8_INVALID)
			break;
		p += n;
	}
	return (size_t) (p - start);
}

void
cdc_avro_string(CdcBuf *buf, const char *text, size_t len)
{
	if (valid_prefix(text, len) == len)
	{
		cdc_avro_bytes(buf, text, len);
		return;
	}
	cdc_avro_string_begin(buf);
	cdc_avro_string_part(buf, text, len);
	cdc_avro_string_end(buf);
}

void
cdc_avro_string_begin(CdcBuf *buf)
{
	buf->string_start = cdc_buf_position(buf);
	cdc_buf_reserve(buf, LENGTH_ROOM);
	cdc_buf_commit(buf, LENGTH_ROOM);
}

void
cdc_avro_string_part(CdcBuf *buf, const char *text, size_t len)
{
	while (len > 0)
	{
		size_t n = valid_prefix(text, len);
		uint32_t c;

		append(buf, text, n);
		text += n;
		len -= n;
		if (len > 0)
		{
			n = (size_t) cdc_utf8_decode((const unsigned char *) text, (const unsigned char *) text + len, &c);
			cdc_buf_literal(buf, "\xEF\xBF\xBD");
			buf->replaced++;
			text += n;
			len -= n;
		}
	}
}

/*
 * Puts the length in front.  Not where a measuring buffer has thrown the
 * string's beginning away: there only the number of bytes counts.
 */
void
cdc_avro_string_end(CdcBuf *buf)
{
	char prefix[CDC_AVRO_LONG_LEN];
	size_t len = cdc_buf_position(buf) - buf->string_start - LENGTH_ROOM;
	size_t used = (size_t) (cdc_avro_put_long(prefix, (int64_t) len) - prefix);
	size_t more = used > LENGTH_ROOM ? used - LENGTH_ROOM : 0;
	char *start;

	cdc_buf_reserve(buf, more);
	if (buf->string_start >= buf->discarded)
	{
		start = buf->data + (buf->string_start - buf->discarded);
		if (used != LENGTH_ROOM)
			memmove(start + used, start + LENGTH_ROOM, len);
		memcpy(start, prefix, used);
	}
	buf->len = buf->len + used - LENGTH_ROOM;
}
