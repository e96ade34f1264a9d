/*
 * record_test.c
 *		The frame parser: what it reads, and that it refuses everything else.
 *
 * Frames are copied to memory of exactly their size, so that a sanitizer sees
 * the first byte read beyond.
 */
#include "relay/record.h"

#include "frames.h"
#include "unit.h"

/* Reads all of a frame; returns the number of records, or -1 for an error. */
static int
read_all(const char *data, size_t len)
{
	char *exact = malloc(len > 0 ? len : 1);
	RelayFrame frame;
	RelayRecord record;
	int n = 0;
	volatile unsigned sum = 0;

	memcpy(exact, data, len);
	if (relay_frame_open(&frame, exact, len))
	{
		while (relay_frame_next(&frame, &record))
		{
			RelayBytes rest = record.headers;
			RelayHeader header;

			n++;
			for (size_t i = 0; i < record.topic.len; i++)
				sum += (unsigned char) record.topic.data[i];
			for (size_t i = 0; i < record.key.len; i++)
				sum += (unsigned char) record.key.data[i];
			for (size_t i = 0; i < record.value.len; i++)
				sum += (unsigned char) record.value.data[i];
			for (size_t i = 0; i < record.before.len; i++)
				sum += (unsigned char) record.before.data[i];
			for (size_t i = 0; i < record.after.len; i++)
				sum += (unsigned char) record.after.data[i];
			while (relay_frame_header(&rest, &header))
				sum += (unsigned) (header.name.len + header.value.len);
			unit_check(rest.len == 0, "headers fill the record");
		}
	}
	if (frame.error)
		n = -1;
	else
		unit_check(frame.rest.len == 0 && n == (int) frame.records, "all is read");
	free(exact);
	return n;
}

static RelayBuf
sample(void)
{
	RelayBuf buf = {0};

	frame_begin(&buf, 3, true);
	frame_record(&buf, 0x15353A1C8, 5, 0, "app.public.t", "{\"id\":1}", "{\"after\":1}");
	frame_record(&buf, 0x15353A1C8, 5, 1, "app.public.t", "{\"id\":1}", NULL);
	frame_record(&buf, 0x15353A1C8, 6, 0, "app.public.u", NULL, "{\"x\":1}");
	return buf;
}

static void
test_contents(void)
{
	RelayBuf buf = sample();
	RelayFrame frame;
	RelayRecord record;
	RelayHeader header;
	RelayBytes rest;

	unit_test("a frame's contents");
	unit_check(relay_frame_open(&frame, buf.data, buf.len), "opens");
	unit_check(frame.records == 3 && frame.ends_transaction, "message");
	unit_check(relay_frame_next(&frame, &record), "first record");
	unit_check(record.position.lsn == 0x15353A1C8 && record.position.seq == 5 && record.position.part == 0, "position");
	unit_check(record.lsn == 0x15353A1C0 && record.time_us == 1700000000000000 && record.xid == 777, "source");
	unit_check(record.kind == 'c' && record.has_key && record.has_value && !record.unavailable, "flags");
	unit_equal("topic", record.topic.data, record.topic.len, "app.public.t", 12);
	unit_equal("key", record.key.data, record.key.len, "{\"id\":1}", 8);
	unit_equal("value", record.value.data, record.value.len, "{\"after\":1}", 11);
	unit_equal("after", record.after.data, record.after.len, "\"a", 2);
	unit_check(record.before.len == 0, "no before");
	rest = record.headers;
	unit_check(relay_frame_header(&rest, &header) && !header.json, "first header");
	unit_equal("name", header.name.data, header.name.len, "plain", 5);
	unit_equal("value", header.value.data, header.value.len, "a \"text\"", 8);
	unit_check(relay_frame_header(&rest, &header) && header.json, "second header");
	unit_check(!relay_frame_header(&rest, &header), "no third header");
	unit_check(relay_frame_next(&frame, &record) && record.kind == CDC_FRAME_TOMBSTONE && !record.has_value && record.position.part == 1, "tombstone");
	unit_check(relay_frame_next(&frame, &record) && !record.has_key && record.has_value, "no key");
	unit_check(!relay_frame_next(&frame, &record) && !frame.error, "the end");
	unit_check(!relay_frame_next(&frame, &record) && !frame.error, "the end again");
	relay_buf_free(&buf);
}

/* An event of an outbox, and a header without a value. */
static void
test_routed(void)
{
	RelayBuf buf = sample();
	char *record_at = buf.data + CDC_FRAME_MESSAGE_HEADER;
	RelayFrame frame;
	RelayRecord record;
	RelayHeader header;
	RelayBytes rest;

	unit_test("a routed event");
	record_at[CDC_FRAME_AT_KIND] = CDC_FRAME_ROUTED;
	record_at[CDC_FRAME_RECORD_HEADER + 12 + 8 + 11] = CDC_FRAME_HEADER_NULL;
	unit_check(relay_frame_open(&frame, buf.data, buf.len), "opens");
	unit_check(relay_frame_next(&frame, &record) && record.kind == CDC_FRAME_ROUTED, "its kind");
	rest = record.headers;
	unit_check(relay_frame_header(&rest, &header) && header.null && !header.json, "a header without a value");
	unit_check(relay_frame_header(&rest, &header) && !header.null && header.json, "a header with one");
	relay_buf_free(&buf);
}

static void
test_truncated(void)
{
	RelayBuf buf = sample();

	unit_test("every truncation is an error");
	for (size_t len = 0; len < buf.len; len++)
		unit_check(read_all(buf.data, len) == -1, "%zu of %zu bytes", len, buf.len);
	unit_check(read_all(buf.data, buf.len) == 3, "whole");
	relay_buf_append(&buf, "x", 1);
	unit_check(read_all(buf.data, buf.len) == -1, "a byte more");
	relay_buf_free(&buf);
}

/* A field set to a value that does not fit. */
static void
spoil(const char *what, size_t at, int width, uint64_t value)
{
	RelayBuf buf = sample();
	char *p = buf.data + CDC_FRAME_MESSAGE_HEADER + at;

	unit_test(what);
	if (width == 1)
		p[0] = (char) value;
	else if (width == 2)
		cdc_put_u16(p, (uint16_t) value);
	else
		cdc_put_u32(p, (uint32_t) value);
	unit_check(read_all(buf.data, buf.len) == -1, "%s", what);
	relay_buf_free(&buf);
}

static void
test_hostile(void)
{
	static const uint32_t lengths[] = {0, 1, 67, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF};
	RelayBuf buf;

	for (int i = 0; i < UNIT_LENGTH(lengths); i++)
		spoil("length of a record", CDC_FRAME_AT_LENGTH, 4, lengths[i]);
	for (int i = 3; i < UNIT_LENGTH(lengths); i++)
	{
		spoil("length of a topic", CDC_FRAME_AT_TOPIC_LEN, 4, lengths[i]);
		spoil("length of a key", CDC_FRAME_AT_KEY_LEN, 4, lengths[i]);
		spoil("length of a value", CDC_FRAME_AT_VALUE_LEN, 4, lengths[i]);
		spoil("offset of before", CDC_FRAME_AT_BEFORE, 4, lengths[i]);
		spoil("length of before", CDC_FRAME_AT_BEFORE + 4, 4, lengths[i]);
		spoil("offset of after", CDC_FRAME_AT_AFTER, 4, lengths[i]);
		spoil("length of after", CDC_FRAME_AT_AFTER + 4, 4, lengths[i]);
	}
	spoil("no topic", CDC_FRAME_AT_TOPIC_LEN, 4, 0);
	spoil("length of after by one", CDC_FRAME_AT_AFTER + 4, 4, 11);
	spoil("too few headers", CDC_FRAME_AT_NHEADERS, 2, 1);
	spoil("too many headers", CDC_FRAME_AT_NHEADERS, 2, 3);
	spoil("kind 0", CDC_FRAME_AT_KIND, 1, 0);
	spoil("kind unknown", CDC_FRAME_AT_KIND, 1, 'z');
	spoil("key without flag", CDC_FRAME_AT_FLAGS, 1, CDC_FRAME_HAS_VALUE);
	spoil("value without flag", CDC_FRAME_AT_FLAGS, 1, CDC_FRAME_HAS_KEY);
	spoil("zero byte in a topic", CDC_FRAME_RECORD_HEADER + 3, 1, 0);

	unit_test("message headers");
	buf = sample();
	buf.data[0] = 'G';
	unit_check(read_all(buf.data, buf.len) == -1, "magic");
	buf.data[0] = 'F';
	buf.data[1] = 2;
	unit_check(read_all(buf.data, buf.len) == -1, "version");
	buf.data[1] = 1;
	cdc_put_u32(buf.data + 4, 0xFFFFFFFF);
	unit_check(read_all(buf.data, buf.len) == -1, "4 G records");
	cdc_put_u32(buf.data + 4, 2);
	unit_check(read_all(buf.data, buf.len) == -1, "fewer records");
	cdc_put_u32(buf.data + 4, 0);
	unit_check(read_all(buf.data, buf.len) == -1, "no records and bytes");
	unit_check(read_all(buf.data, CDC_FRAME_MESSAGE_HEADER) == 0, "no records");
	relay_buf_free(&buf);
}

/* Random damage: whatever is read lies within, which the sanitizers check. */
static void
test_random(void)
{
	RelayBuf buf = sample();
	char *copy = malloc(buf.len);

	unit_test("random damage");
	for (int round = 0; round < 200000; round++)
	{
		int changes = 1 + (int) (unit_random() % 4);

		memcpy(copy, buf.data, buf.len);
		for (int i = 0; i < changes; i++)
			copy[unit_random() % buf.len] = (char) (unit_random() % 3 == 0 ? 0xFF : unit_random());
		read_all(copy, buf.len - (unit_random() % 4 == 0 ? unit_random() % buf.len : 0));
	}
	free(copy);
	relay_buf_free(&buf);
}

static void
test_positions(void)
{
	RelayPosition a = {0x15353A1C8, 5, 0};
	RelayPosition b = {0x15353A1C8, 5, 1};
	RelayPosition end = {0x15353A1C8, 0xFFFFFFFF, 0};
	RelayPosition again;
	char text[RELAY_POSITION_TEXT];
	char later[RELAY_POSITION_TEXT];

	unit_test("positions");
	relay_position_format(&a, text);
	unit_equal("text", text, strlen(text), "000000015353a1c8.00000005.0", 27);
	relay_position_format(&end, later);
	unit_check(strcmp(text, later) < 0, "text order");
	unit_check(relay_position_compare(&a, &b) < 0 && relay_position_compare(&b, &end) < 0 && relay_position_compare(&a, &a) == 0 &&
				   relay_position_compare(&end, &a) > 0,
			   "order");
	unit_check(relay_position_parse(later, strlen(later), &again) && relay_position_compare(&again, &end) == 0, "back");
	unit_check(!relay_position_parse(text, strlen(text) - 1, &again), "truncated");
	unit_check(!relay_position_parse("", 0, &again), "empty");
	unit_check(!relay_position_parse("15353a1c8.5.0", 13, &again), "without zeros");
	unit_check(!relay_position_parse("000000015353A1C8.00000005.0", 27, &again), "upper case");
	unit_check(!relay_position_parse("000000015353a1c8.00000005.0 ", 28, &again), "trailing");
	unit_check(!relay_position_parse("000000015353a1c8.00000005.00000000000000000000000", 49, &again), "long");
}

int
main(void)
{
	test_contents();
	test_routed();
	test_truncated();
	test_hostile();
	test_random();
	test_positions();
	return unit_end();
}
