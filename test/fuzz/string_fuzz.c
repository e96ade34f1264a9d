/*
 * string_fuzz.c
 *		Any bytes as a string: the output is JSON in Jackson's spelling, the same
 *		in parts, in ASCII and when measured, and decodes to the text.
 */
#include <jansson.h>

#include "fuzz.h"
#include "json/json.h"

/* enough for three pieces */
#define MAX_TEXT 20000

static json_t *
parse(const CdcBuf *buf)
{
	json_error_t error;
	json_t *value = json_loadb(buf->data, buf->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	FUZZ_CHECK(json_is_string(value));
	return value;
}

static size_t
count_replacements(const char *text, size_t len)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i + 3 <= len; i++)
		n += memcmp(text + i, "\xEF\xBF\xBD", 3) == 0;
	return n;
}

/* Four upper-case digits; sscanf would look for the end of the whole text first. */
static unsigned
parse_unit(const char *p)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned unit = 0;
	int i;

	for (i = 0; i < 4; i++)
	{
		const char *digit = memchr(digits, p[i], 16);

		FUZZ_CHECK(digit != NULL);
		unit = unit * 16 + (unsigned) (digit - digits);
	}
	return unit;
}

/* Escapes only where Jackson has them, and each as it has it. */
static void
check_spelling(const CdcBuf *buf)
{
	size_t i;

	FUZZ_CHECK(buf->len >= 2 && buf->data[0] == '"' && buf->data[buf->len - 1] == '"');
	for (i = 1; i < buf->len - 1; i++)
	{
		unsigned char c = (unsigned char) buf->data[i];

		FUZZ_CHECK(c >= 0x20 && c != '"' && c < (buf->ascii ? 0x80 : 0xF0));
		if (c != '\\')
			continue;
		c = (unsigned char) buf->data[++i];
		if (c == 'u')
		{
			unsigned unit = parse_unit(buf->data + i + 1);

			if (unit < 0x20)
				FUZZ_CHECK(unit == 0 || strchr("\b\t\n\f\r", (int) unit) == NULL);
			else if (buf->ascii)
				FUZZ_CHECK(unit >= 0x80);
			else
				FUZZ_CHECK(unit >= 0xD800 && unit < 0xE000);
			i += 4;
		}
		else
			FUZZ_CHECK(c != '\0' && strchr("\"\\btnfr", c) != NULL);
	}
}

/* The same text in two parts, divided where a character begins. */
static void
check_parts(const CdcBuf *whole, const char *text, size_t len, size_t cut)
{
	CdcBuf buf = unit_buf();

	while (cut < len && ((unsigned char) text[cut] & 0xC0) == 0x80)
		cut++;
	buf.ascii = whole->ascii;
	cdc_json_string_begin(&buf);
	cdc_json_string_part(&buf, text, cut);
	cdc_json_string_part(&buf, text + cut, len - cut);
	cdc_json_string_end(&buf);
	FUZZ_CHECK(buf.len == whole->len && memcmp(buf.data, whole->data, buf.len) == 0);
	FUZZ_CHECK(buf.replaced == whole->replaced);
	unit_free(&buf);
}

static void
check_measured(const CdcBuf *whole, const char *text, size_t len)
{
	UnitMeasure measure;

	unit_measure_init(&measure);
	measure.buf.ascii = whole->ascii;
	cdc_json_string(&measure.buf, text, len);
	FUZZ_CHECK(unit_measure_len(&measure) == whole->len && measure.largest <= 65536);
	unit_free(&measure.buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CdcBuf buf = unit_buf();
	CdcBuf again = unit_buf();
	const char *text;
	size_t len;
	json_t *value;
	size_t cut;
	int repeat;

	if (size < 3)
		return 0;

	/* a beginning that says what to do with the rest; sometimes enough for several pieces */
	buf.ascii = (data[0] & 1) != 0;
	repeat = data[0] % 16 == 15 ? data[1] : 1;
	if ((size - 2) * (size_t) repeat > MAX_TEXT)
		repeat = 1;
	len = (size - 2) * (size_t) repeat;
	text = malloc(len > 0 ? len : 1);
	for (cut = 0; cut < len; cut++)
		((char *) text)[cut] = (char) data[2 + cut % (size - 2)];
	cut = len > 0 ? (size_t) data[1] * 257 % len : 0;

	cdc_json_string(&buf, text, len);
	cdc_buf_char(&buf, '\0');
	buf.len--;
	check_spelling(&buf);
	check_parts(&buf, text, len, cut);
	check_measured(&buf, text, len);

	value = parse(&buf);
	if (buf.replaced == 0)
		FUZZ_CHECK(json_string_length(value) == len && memcmp(json_string_value(value), text, len) == 0);
	FUZZ_CHECK(count_replacements(json_string_value(value), json_string_length(value)) ==
			   count_replacements(text, len) + buf.replaced);

	/* what was decoded has nothing to replace, and is written in the same way */
	again.ascii = buf.ascii;
	cdc_json_string(&again, json_string_value(value), json_string_length(value));
	FUZZ_CHECK(again.replaced == 0 && again.len == buf.len && memcmp(again.data, buf.data, buf.len) == 0);

	json_decref(value);
	free((char *) text);
	unit_free(&again);
	unit_free(&buf);
	return 0;
}
