/*
 * record.c
 *		Reads the messages of format=frame; see record.h.
 */
#include "relay/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"

/* the operations of Debezium's events, and what else a frame holds */
static const char kinds[] = "crudtm"
							"xbeso";

static bool
fail(RelayFrame *frame, const char *error)
{
	frame->error = error;
	frame->left = 0;
	return false;
}

/* The first "len" bytes of *from; they must be there. */
static RelayBytes
take(RelayBytes *from, size_t len)
{
	RelayBytes bytes = {from->data, len};

	from->data += len;
	from->len -= len;
	return bytes;
}

bool
relay_frame_open(RelayFrame *frame, const char *data, size_t len)
{
	memset(frame, 0, sizeof(*frame));
	if (len < CDC_FRAME_MESSAGE_HEADER || data[0] != CDC_FRAME_MAGIC)
		return fail(frame, "the message is not a frame");
	if (data[1] != CDC_FRAME_VERSION)
		return fail(frame, "the frame's version is not known to this program");
	frame->ends_transaction = (data[2] & CDC_FRAME_ENDS_TRANSACTION) != 0;
	frame->records = cdc_get_u32(data + 4);
	frame->left = frame->records;
	frame->rest.data = data + CDC_FRAME_MESSAGE_HEADER;
	frame->rest.len = len - CDC_FRAME_MESSAGE_HEADER;
	/* so that a count can be trusted before the records are read */
	if (frame->records > frame->rest.len / CDC_FRAME_RECORD_HEADER)
		return fail(frame, "the frame has fewer bytes than its records need");
	if (frame->records == 0 && frame->rest.len > 0)
		return fail(frame, "the frame has bytes after its last record");
	return true;
}

/* "before" or "after": lies within the value. */
static bool
read_span(const char *at, const RelayBytes *value, RelayBytes *span)
{
	size_t offset = cdc_get_u32(at);
	size_t len = cdc_get_u32(at + 4);

	if (offset > value->len || len > value->len - offset)
		return false;
	span->data = value->data + offset;
	span->len = len;
	return true;
}

static bool
check_headers(RelayBytes headers, uint32_t n)
{
	RelayHeader header;

	for (uint32_t i = 0; i < n; i++)
	{
		if (!relay_frame_header(&headers, &header))
			return false;
	}
	return headers.len == 0;
}

/* Topic, key, value and headers of a record, whose lengths its fixed part has. */
static bool
read_contents(RelayFrame *frame, RelayRecord *record, const char *r, RelayBytes rest)
{
	size_t topic_len = cdc_get_u32(r + CDC_FRAME_AT_TOPIC_LEN);
	size_t key_len = cdc_get_u32(r + CDC_FRAME_AT_KEY_LEN);
	size_t value_len = cdc_get_u32(r + CDC_FRAME_AT_VALUE_LEN);

	if (topic_len > rest.len || key_len > rest.len - topic_len || value_len > rest.len - topic_len - key_len)
		return fail(frame, "a record is shorter than its topic, key and value");
	if (topic_len == 0)
		return fail(frame, "a record has no topic");
	if ((key_len > 0 && !record->has_key) || (value_len > 0 && !record->has_value))
		return fail(frame, "a record has bytes of a key or value that it says it lacks");
	record->topic = take(&rest, topic_len);
	record->key = take(&rest, key_len);
	record->value = take(&rest, value_len);
	if (memchr(record->topic.data, 0, topic_len))
		return fail(frame, "a topic contains a zero byte");
	if (!read_span(r + CDC_FRAME_AT_BEFORE, &record->value, &record->before) ||
		!read_span(r + CDC_FRAME_AT_AFTER, &record->value, &record->after))
		return fail(frame, "\"before\" or \"after\" lies outside of its value");
	record->headers = rest;
	record->nheaders = cdc_get_u16(r + CDC_FRAME_AT_NHEADERS);
	if (!check_headers(record->headers, record->nheaders))
		return fail(frame, "a record's headers do not fill what is left of it");
	return true;
}

bool
relay_frame_next(RelayFrame *frame, RelayRecord *record)
{
	const char *r = frame->rest.data;
	size_t len;
	size_t fixed;
	unsigned char flags;

	if (frame->error || frame->left == 0)
		return false;
	if (frame->rest.len < CDC_FRAME_RECORD_HEADER)
		return fail(frame, "the frame ends within a record");
	len = cdc_get_u32(r + CDC_FRAME_AT_LENGTH);
	if (len < CDC_FRAME_RECORD_HEADER - 4)
		return fail(frame, "a record is shorter than its fixed part");
	if (len > frame->rest.len - 4)
		return fail(frame, "the frame ends within a record");
	take(&frame->rest, len + 4);
	frame->left--;

	record->position.lsn = cdc_get_u64(r + CDC_FRAME_AT_COMMIT_LSN);
	record->position.seq = cdc_get_u32(r + CDC_FRAME_AT_SEQ);
	record->position.part = cdc_get_u32(r + CDC_FRAME_AT_PART);
	record->lsn = cdc_get_u64(r + CDC_FRAME_AT_LSN);
	record->time_us = (int64_t) cdc_get_u64(r + CDC_FRAME_AT_TIME);
	record->xid = cdc_get_u32(r + CDC_FRAME_AT_XID);
	record->kind = r[CDC_FRAME_AT_KIND];
	if (record->kind == '\0' || !strchr(kinds, record->kind))
		return fail(frame, "a record is of a kind not known to this program");
	flags = (unsigned char) r[CDC_FRAME_AT_FLAGS];
	record->has_key = (flags & CDC_FRAME_HAS_KEY) != 0;
	record->has_value = (flags & CDC_FRAME_HAS_VALUE) != 0;
	record->unavailable = (flags & CDC_FRAME_UNAVAILABLE) != 0;
	fixed = CDC_FRAME_RECORD_HEADER;
	if (flags & CDC_FRAME_HAS_SCHEMAS)
		fixed += CDC_FRAME_SCHEMAS;
	if (len + 4 < fixed)
		return fail(frame, "a record is shorter than its fixed part");
	record->key_schema = flags & CDC_FRAME_HAS_SCHEMAS ? cdc_get_u64(r + CDC_FRAME_AT_KEY_SCHEMA) : 0;
	record->value_schema = flags & CDC_FRAME_HAS_SCHEMAS ? cdc_get_u64(r + CDC_FRAME_AT_VALUE_SCHEMA) : 0;
	if (!read_contents(frame, record, r, (RelayBytes){r + fixed, len + 4 - fixed}))
		return false;
	if (frame->left == 0 && frame->rest.len > 0)
		return fail(frame, "the frame has bytes after its last record");
	return true;
}

bool
relay_frame_header(RelayBytes *headers, RelayHeader *header)
{
	size_t name_len;
	size_t value_len;
	RelayBytes fixed;

	if (headers->len < CDC_FRAME_HEADER_HEADER)
		return false;
	name_len = cdc_get_u16(headers->data + 2);
	value_len = cdc_get_u32(headers->data + 4);
	if (name_len > headers->len - CDC_FRAME_HEADER_HEADER ||
		value_len > headers->len - CDC_FRAME_HEADER_HEADER - name_len)
		return false;
	fixed = take(headers, CDC_FRAME_HEADER_HEADER);
	header->json = fixed.data[0] == CDC_FRAME_HEADER_JSON;
	header->null = fixed.data[0] == CDC_FRAME_HEADER_NULL;
	header->name = take(headers, name_len);
	header->value = take(headers, value_len);
	return true;
}

int
relay_position_compare(const RelayPosition *a, const RelayPosition *b)
{
	if (a->lsn != b->lsn)
		return a->lsn < b->lsn ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return 0;
}

void
relay_position_format(const RelayPosition *position, char *text)
{
	snprintf(text, RELAY_POSITION_TEXT, "%016" PRIx64 ".%08" PRIx32 ".%" PRIu32, position->lsn, position->seq, position->part);
}

bool
relay_position_parse(const char *text, size_t len, RelayPosition *position)
{
	char copy[RELAY_POSITION_TEXT];
	char again[RELAY_POSITION_TEXT];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (sscanf(copy, "%16" SCNx64 ".%8" SCNx32 ".%" SCNu32, &position->lsn, &position->seq, &position->part) != 3)
		return false;
	/* only the one way of writing it */
	relay_position_format(position, again);
	return strcmp(copy, again) == 0;
}
