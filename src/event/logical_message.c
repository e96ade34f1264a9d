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
	cdc_buf_literal(buf, "{\"prefix\":");
	cdc_json_string(buf, prefix, strlen(prefix));
	cdc_buf_char(buf, '}');
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}

static void
write_content(CdcBuf *buf, CdcBinaryMode mode, const char *content, size_t len)
{
	switch (mode)
	{
		case CDC_BINARY_BYTES:
		case CDC_BINARY_BASE64:
			cdc_json_base64(buf, (const uint8_t *) content, len);
			break;
		case CDC_BINARY_BASE64_URL_SAFE:
			cdc_json_base64url(buf, (const uint8_t *) content, len);
			break;
		case CDC_BINARY_HEX:
			cdc_json_hex(buf, (const uint8_t *) content, len);
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
	cdc_buf_literal(buf, "{\"op\":\"m\",\"ts_ms\":");
	cdc_json_int64(buf, cdc_clock_ms());
	cdc_source_write(buf, source, constants->message_table, lsn);
	cdc_block_write(buf, block);
	cdc_buf_literal(buf, ",\"message\":{\"prefix\":");
	cdc_json_string(buf, prefix, strlen(prefix));
	cdc_buf_literal(buf, ",\"content\":");
	write_content(buf, constants->options->binary_mode, content, len);
	cdc_buf_literal(buf, "}}");
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}
