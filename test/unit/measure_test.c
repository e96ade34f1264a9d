/*
 * measure_test.c
 *		Long values through a buffer that keeps nothing: every writer must come
 *		to the same length as in a real one, and ask for little room at a time.
 */
#include "json/json.h"
#include "unit.h"

/* what a writer may reserve at once, whatever the length of its value */
#define MOST_ROOM 65536

#define VALUE_LEN 1000000

typedef void (*Writer)(CdcBuf *buf, const char *value, size_t len);

static char value[VALUE_LEN];

static void
write_base64(CdcBuf *buf, const char *bytes, size_t len)
{
	cdc_json_base64(buf, (const uint8_t *) bytes, len);
}

static void
write_hex(CdcBuf *buf, const char *bytes, size_t len)
{
	cdc_json_hex(buf, (const uint8_t *) bytes, len);
}

static void
write_struct(CdcBuf *buf, const char *text, size_t len)
{
	cdc_json_struct_begin(buf);
	cdc_json_member(buf, true, text, len % 100);
	cdc_json_string(buf, text, len);
	cdc_json_member(buf, false, text, len);
	cdc_json_double(buf, (double) len / 3);
	cdc_json_struct_end(buf);
}

static void
check_writer(const char *what, Writer writer, size_t len, bool ascii)
{
	UnitMeasure measure;
	CdcBuf buf = unit_buf();
	size_t room;

	buf.ascii = ascii;
	writer(&buf, value, len);
	unit_measure_init(&measure);
	measure.buf.ascii = ascii;
	writer(&measure.buf, value, len);
	room = measure.largest;
	unit_check(unit_measure_len(&measure) == buf.len, "%s of %zu bytes: measured %zu, not %zu",
			   what, len, unit_measure_len(&measure), buf.len);
	unit_check(measure.buf.replaced == buf.replaced, "%s of %zu bytes: replaced", what, len);
	unit_check(room <= MOST_ROOM, "%s of %zu bytes: reserves %zu", what, len, room);
	unit_free(&measure.buf);
	unit_free(&buf);
}

static void
check_writers(bool ascii)
{
	static const size_t lengths[] = {0, 1, 100, 8191, 8192, 8193, 12288, 65536, 123457, VALUE_LEN};
	int i;

	for (i = 0; i < UNIT_LENGTH(lengths); i++)
	{
		check_writer("string", cdc_json_string, lengths[i], ascii);
		check_writer("part", cdc_json_string_part, lengths[i], ascii);
		check_writer("plain", cdc_json_plain, lengths[i], ascii);
		check_writer("number", cdc_json_number, lengths[i], ascii);
		check_writer("raw", cdc_json_raw, lengths[i], ascii);
		check_writer("base64", write_base64, lengths[i], ascii);
		check_writer("hex", write_hex, lengths[i], ascii);
		check_writer("struct", write_struct, lengths[i], ascii);
	}
}

int
main(void)
{
	size_t i;

	unit_test("measuring plain text");
	memset(value, 'x', sizeof(value));
	check_writers(false);
	unit_test("measuring the worst");
	memset(value, '\x01', sizeof(value));
	check_writers(false);
	memset(value, '\xFF', sizeof(value));
	check_writers(true);
	unit_test("measuring anything");
	for (i = 0; i < sizeof(value); i++)
		value[i] = (char) unit_random();
	check_writers(false);
	check_writers(true);
	return unit_end();
}
