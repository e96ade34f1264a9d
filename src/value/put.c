/*
 * put.c
 *		What put.h has no room for.
 */
#include "postgres.h"

#include "value/value.h"

void
cdc_put_digits(CdcBuf *buf, void (*json)(CdcBuf *buf, const uint8_t *bytes, size_t len), const uint8_t *bytes, size_t len)
{
	CdcBuf text;

	if (!buf->avro)
	{
		json(buf, bytes, len);
		return;
	}
	cdc_buf_palloc(&text, 64);
	json(&text, bytes, len);
	cdc_avro_bytes(buf, text.data + 1, text.len - 2);
	pfree(text.data);
}
