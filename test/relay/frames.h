/*
 * frames.h
 *		Makes frames for the tests, from the layout in src/frame.h.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "relay/common.h"

static inline void
frame_begin(RelayBuf *buf, uint32_t records, bool ends)
{
	char *p = relay_buf_reserve(buf, CDC_FRAME_MESSAGE_HEADER);

	memset(p, 0, CDC_FRAME_MESSAGE_HEADER);
	p[0] = CDC_FRAME_MAGIC;
	p[1] = CDC_FRAME_VERSION;
	p[2] = ends ? CDC_FRAME_ENDS_TRANSACTION : 0;
	cdc_put_u32(p + 4, records);
	buf->len += CDC_FRAME_MESSAGE_HEADER;
}

static inline void
frame_header(RelayBuf *buf, bool json, const char *name, const char *value)
{
	char *p = relay_buf_reserve(buf, CDC_FRAME_HEADER_HEADER);

	p[0] = json;
	p[1] = 0;
	cdc_put_u16(p + 2, (uint16_t) strlen(name));
	cdc_put_u32(p + 4, (uint32_t) strlen(value));
	buf->len += CDC_FRAME_HEADER_HEADER;
	relay_buf_text(buf, name);
	relay_buf_text(buf, value);
}

/* A record with two headers; key and value may be NULL. */
static inline size_t
frame_record(RelayBuf *buf, uint64_t lsn, uint32_t seq, uint32_t part, const char *topic, const char *key, const char *value)
{
	size_t start = buf->len;
	char *p = relay_buf_reserve(buf, CDC_FRAME_RECORD_HEADER);

	memset(p, 0, CDC_FRAME_RECORD_HEADER);
	buf->len += CDC_FRAME_RECORD_HEADER;
	relay_buf_text(buf, topic);
	relay_buf_text(buf, key ? key : "");
	relay_buf_text(buf, value ? value : "");
	frame_header(buf, false, "plain", "a \"text\"");
	frame_header(buf, true, "json", "{\"a\":1}");
	p = buf->data + start;
	cdc_put_u32(p + CDC_FRAME_AT_LENGTH, (uint32_t) (buf->len - start - 4));
	cdc_put_u64(p + CDC_FRAME_AT_COMMIT_LSN, lsn);
	cdc_put_u32(p + CDC_FRAME_AT_SEQ, seq);
	cdc_put_u32(p + CDC_FRAME_AT_PART, part);
	cdc_put_u64(p + CDC_FRAME_AT_LSN, lsn - 8);
	cdc_put_u64(p + CDC_FRAME_AT_TIME, 1700000000000000);
	cdc_put_u32(p + CDC_FRAME_AT_XID, 777);
	p[CDC_FRAME_AT_KIND] = value ? 'c' : CDC_FRAME_TOMBSTONE;
	p[CDC_FRAME_AT_FLAGS] = (char) ((key ? CDC_FRAME_HAS_KEY : 0) | (value ? CDC_FRAME_HAS_VALUE : 0));
	cdc_put_u16(p + CDC_FRAME_AT_NHEADERS, 2);
	cdc_put_u32(p + CDC_FRAME_AT_TOPIC_LEN, (uint32_t) strlen(topic));
	cdc_put_u32(p + CDC_FRAME_AT_KEY_LEN, (uint32_t) (key ? strlen(key) : 0));
	cdc_put_u32(p + CDC_FRAME_AT_VALUE_LEN, (uint32_t) (value ? strlen(value) : 0));
	if (value)
	{
		cdc_put_u32(p + CDC_FRAME_AT_AFTER, 1);
		cdc_put_u32(p + CDC_FRAME_AT_AFTER + 4, 2);
	}
	return start;
}

#endif /* FRAMES_H */
