/*
 * logical_message.c
 *		Events of pg_logical_emit_message: op "m".
 *
 * Format reference, section 9.2.
 */
#include "postgres.h"

#include "event/event.h"

void
cdc_message_key(CdcBuf *buf, const CdcEventConstants *constants, const char *prefix)
{
	CdcSlice head = constants->message_key_head;

	cdc_buf_append(buf, head.data, head.len);
	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "prefix", 6);
	cdc_put_present(buf);
	cdc_put_string(buf, prefix, strlen(prefix));
	cdc_put_struct_end(buf);
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}

static void
write_content(CdcBuf *buf, CdcBinaryMode mode, const char *content, size_t len)
{
	switch (mode)
	{
		case CDC_BINARY_BYTES:
			cdc_put_bytes(buf, (const uint8_t *) content, len);
			break;
		case CDC_BINARY_BASE64:
			cdc_put_digits(buf, cdc_json_base64, (const uint8_t *) content, len);
			break;
		case CDC_BINARY_BASE64_URL_SAFE:
			cdc_put_digits(buf, cdc_json_base64url, (const uint8_t *) content, len);
			break;
		case CDC_BINARY_HEX:
			cdc_put_digits(buf, cdc_json_hex, (const uint8_t *) content, len);
			break;
	}
}

/* "prefix" is UTF-8, the content is bytes. */
void
cdc_message_value(CdcBuf *buf, const CdcEventConstants *constants, const CdcSource *source, XLogRecPtr lsn,
				  const CdcBlock *block, const char *prefix, const char *content, size_t len)
{
	CdcSlice head = constants->message_value_head;

	cdc_buf_append(buf, head.data, head.len);
	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "op", 2);
	cdc_put_plain(buf, "m", 1);
	cdc_put_member(buf, false, "ts_ms", 5);
	cdc_put_present(buf);
	cdc_put_int64(buf, cdc_clock_ms());
	cdc_source_write(buf, source, constants->message_table, lsn);
	cdc_block_write(buf, block);
	cdc_put_member(buf, false, "message", 7);
	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "prefix", 6);
	cdc_put_present(buf);
	cdc_put_string(buf, prefix, strlen(prefix));
	cdc_put_member(buf, false, "content", 7);
	cdc_put_present(buf);
	write_content(buf, constants->options->binary_mode, content, len);
	cdc_put_struct_end(buf);
	cdc_put_struct_end(buf);
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}
