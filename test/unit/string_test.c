/*
 * string_test.c
 *		json/string.c against a table, a slow second implementation, and jansson.
 */
#include <jansson.h>

#include "json/json.h"
#include "unit.h"

/* the text is written down as the bytes that a column holds */
typedef struct Case
{
	const char *text;
	size_t len;
	const char *json;
	const char *ascii; /* NULL: the same */
	int replaced;
} Case;

#define TEXT(s) "" s, sizeof(s) - 1
#define BAD "\xEF\xBF\xBD"

static const Case cases[] = {
	{TEXT(""), "\"\"", NULL, 0},
	{TEXT("a"), "\"a\"", NULL, 0},
	{TEXT("\"\\/\b\t\n\f\r"), "\"\\\"\\\\/\\b\\t\\n\\f\\r\"", NULL, 0},
	{TEXT("\x01\x07\x0B\x0E\x1A\x1F"), "\"\\u0001\\u0007\\u000B\\u000E\\u001A\\u001F\"", NULL, 0},
	{TEXT("\0"), "\"\\u0000\"", NULL, 0},
	{TEXT(" ~\x7F"), "\" ~\x7F\"", NULL, 0},

	/* the first and last characters of two, three and four bytes; what some writers escape */
	{TEXT("\xC2\x80\xDF\xBF"), "\"\xC2\x80\xDF\xBF\"", "\"\\u0080\\u07FF\"", 0},
	{TEXT("\xE0\xA0\x80\xEF\xBF\xBF"), "\"\xE0\xA0\x80\xEF\xBF\xBF\"", "\"\\u0800\\uFFFF\"", 0},
	{TEXT("\xED\x9F\xBF\xEE\x80\x80"), "\"\xED\x9F\xBF\xEE\x80\x80\"", "\"\\uD7FF\\uE000\"", 0},
	{TEXT("\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF"), "\"\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF\"", "\"\\u2028\\u2029\\uFEFF\"", 0},
	{TEXT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), "\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", NULL, 0},
	{TEXT("\xF0\x9F\x98\x80"), "\"\\uD83D\\uDE00\"", NULL, 0},
	{TEXT("Z\xC3\xBCrich \xE2\x82\xAC"), "\"Z\xC3\xBCrich \xE2\x82\xAC\"", "\"Z\\u00FCrich \\u20AC\"", 0},
	{TEXT(BAD), "\"" BAD "\"", "\"\\uFFFD\"", 0},

	/* not UTF-8: single bytes, overlong forms, surrogates, beyond U+10FFFF */
	{TEXT("a\x80z"), "\"a" BAD "z\"", "\"a\\uFFFDz\"", 1},
	{TEXT("\xFE\xFF"), "\"" BAD BAD "\"", "\"\\uFFFD\\uFFFD\"", 2},
	{TEXT("\xC0\xAF"), "\"" BAD BAD "\"", "\"\\uFFFD\\uFFFD\"", 2},
	{TEXT("\xC1\xBF"), "\"" BAD BAD "\"", "\"\\uFFFD\\uFFFD\"", 2},
	{TEXT("\xE0\x9F\xBF"), "\"" BAD BAD BAD "\"", "\"\\uFFFD\\uFFFD\\uFFFD\"", 3},
	{TEXT("\xED\xA0\x80"), "\"" BAD BAD BAD "\"", "\"\\uFFFD\\uFFFD\\uFFFD\"", 3},
	{TEXT("\xF0\x8F\xBF\xBF"), "\"" BAD BAD BAD BAD "\"", "\"\\uFFFD\\uFFFD\\uFFFD\\uFFFD\"", 4},
	{TEXT("\xF4\x90\x80\x80"), "\"" BAD BAD BAD BAD "\"", "\"\\uFFFD\\uFFFD\\uFFFD\\uFFFD\"", 4},
	{TEXT("\xF5\x80"), "\"" BAD BAD "\"", "\"\\uFFFD\\uFFFD\"", 2},

	/* not UTF-8: sequences that break off are one piece */
	{TEXT("\xC3"), "\"" BAD "\"", "\"\\uFFFD\"", 1},
	{TEXT("\xC3("), "\"" BAD "(\"", "\"\\uFFFD(\"", 1},
	{TEXT("\xE2\x82"), "\"" BAD "\"", "\"\\uFFFD\"", 1},
	{TEXT("\xE2\x82\""), "\"" BAD "\\\"\"", "\"\\uFFFD\\\"\"", 1},
	{TEXT("\xF0\x9F\x98"), "\"" BAD "\"", "\"\\uFFFD\"", 1},
	{TEXT("\xF0\x9F\xF0\x9F\x98\x80"), "\"" BAD "\\uD83D\\uDE00\"", "\"\\uFFFD\\uD83D\\uDE00\"", 1},
	{TEXT("a\xF1\x80\x80\xE1\x80\xC2z\x80"), "\"a" BAD BAD BAD "z" BAD "\"", "\"a\\uFFFD\\uFFFD\\uFFFDz\\uFFFD\"", 4},
};

/*
 * The second implementation.  Well-formed sequences are those of Unicode's
 * table 3-7; a piece is the longest beginning of any of them.
 */
typedef struct Sequence
{
	int len;
	unsigned char low[4];
	unsigned char high[4];
} Sequence;

static const Sequence sequences[] = {
	{1, {0x00}, {0x7F}},
	{2, {0xC2, 0x80}, {0xDF, 0xBF}},
	{3, {0xE0, 0xA0, 0x80}, {0xE0, 0xBF, 0xBF}},
	{3, {0xE1, 0x80, 0x80}, {0xEC, 0xBF, 0xBF}},
	{3, {0xED, 0x80, 0x80}, {0xED, 0x9F, 0xBF}},
	{3, {0xEE, 0x80, 0x80}, {0xEF, 0xBF, 0xBF}},
	{4, {0xF0, 0x90, 0x80, 0x80}, {0xF0, 0xBF, 0xBF, 0xBF}},
	{4, {0xF1, 0x80, 0x80, 0x80}, {0xF3, 0xBF, 0xBF, 0xBF}},
	{4, {0xF4, 0x80, 0x80, 0x80}, {0xF4, 0x8F, 0xBF, 0xBF}},
};

typedef struct Expected
{
	char json[700000];
	size_t json_len;
	char text[400000]; /* the text with its bad pieces replaced */
	size_t text_len;
	uint64_t replaced;
} Expected;

static Expected expected;

static size_t
matching_prefix(const Sequence *sequence, const unsigned char *p, size_t len)
{
	size_t n = 0;

	while (n < len && n < (size_t) sequence->len &&
		   p[n] >= sequence->low[n] && p[n] <= sequence->high[n])
		n++;
	return n;
}

static void
expect_character(const unsigned char *p, size_t len, bool ascii)
{
	char *out = expected.json + expected.json_len;
	uint32_t c = p[0];
	size_t i;

	if (len > 1)
		c &= 0xFFu >> (len + 1);
	for (i = 1; i < len; i++)
		c = c * 64 + (p[i] & 63);

	if (c == '"' || c == '\\')
		out += sprintf(out, "\\%c", (int) c);
	else if (c == '\n')
		out += sprintf(out, "\\n");
	else if (c == '\r')
		out += sprintf(out, "\\r");
	else if (c == '\t')
		out += sprintf(out, "\\t");
	else if (c == '\b')
		out += sprintf(out, "\\b");
	else if (c == '\f')
		out += sprintf(out, "\\f");
	else if (c > 0xFFFF)
		out += sprintf(out, "\\u%04X\\u%04X", (unsigned) (c - 0x10000) / 1024 + 0xD800,
					   (unsigned) (c - 0x10000) % 1024 + 0xDC00);
	else if (c < 0x20 || (ascii && c > 0x7F))
		out += sprintf(out, "\\u%04X", (unsigned) c);
	else
	{
		memcpy(out, p, len);
		out += len;
	}
	expected.json_len = (size_t) (out - expected.json);
	memcpy(expected.text + expected.text_len, p, len);
	expected.text_len += len;
}

static void
expect(const unsigned char *p, size_t len, bool ascii)
{
	expected.json_len = expected.text_len = 0;
	expected.replaced = 0;
	expected.json[expected.json_len++] = '"';
	while (len > 0)
	{
		size_t piece = 1;
		bool whole = false;
		int i;

		for (i = 0; i < UNIT_LENGTH(sequences); i++)
		{
			size_t n = matching_prefix(&sequences[i], p, len);

			whole = whole || n == (size_t) sequences[i].len;
			if (n > piece)
				piece = n;
		}
		if (whole)
			expect_character(p, piece, ascii);
		else
		{
			expect_character((const unsigned char *) BAD, 3, ascii);
			expected.replaced++;
		}
		p += piece;
		len -= piece;
	}
	expected.json[expected.json_len++] = '"';
}

/* Both writers and, if asked for, jansson must agree about a text. */
static void
compare(const char *what, const char *text, size_t len, bool ascii, bool parse)
{
	CdcBuf buf = unit_buf();
	char *copy = malloc(len > 0 ? len : 1); /* exactly as long: a sanitizer sees a read beyond */

	buf.ascii = ascii;
	if (len > 0)
		memcpy(copy, text, len);
	cdc_json_string(&buf, copy, len);
	free(copy);
	expect((const unsigned char *) text, len, ascii);
	unit_equal(what, buf.data, buf.len, expected.json, expected.json_len);
	unit_check(buf.replaced == expected.replaced, "%s: replaced %" PRIu64 ", not %" PRIu64,
			   what, buf.replaced, expected.replaced);
	if (parse)
	{
		json_error_t error;
		json_t *value = json_loadb(buf.data, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

		unit_check(json_is_string(value), "%s: jansson: %s", what, error.text);
		if (json_is_string(value))
			unit_equal(what, json_string_value(value), json_string_length(value),
					   expected.text, expected.text_len);
		json_decref(value);
	}
	unit_free(&buf);
}

static void
test_table(void)
{
	int i;

	unit_test("known texts");
	for (i = 0; i < UNIT_LENGTH(cases); i++)
	{
		const Case *test = &cases[i];
		const char *ascii = test->ascii ? test->ascii : test->json;
		CdcBuf buf = unit_buf();

		cdc_json_string(&buf, test->text, test->len);
		unit_equal("table", buf.data, buf.len, test->json, strlen(test->json));
		unit_check(buf.replaced == (uint64_t) test->replaced, "table: %d: %" PRIu64 " replaced", i, buf.replaced);
		buf.len = 0;
		buf.ascii = true;
		cdc_json_string(&buf, test->text, test->len);
		unit_equal("table, ascii", buf.data, buf.len, ascii, strlen(ascii));
		unit_free(&buf);
		compare("table, second implementation", test->text, test->len, false, true);
	}
}

/* Every byte at every place of texts that take every way through the loop. */
static void
test_places(void)
{
	char text[52];
	size_t len;
	size_t place;
	int byte;

	unit_test("every byte at every place");
	for (len = 1; len <= sizeof(text); len++)
		for (place = 0; place < len; place++)
			for (byte = 0; byte < 256; byte++)
			{
				memset(text, 'x', len);
				text[place] = (char) byte;
				compare("a byte at a place", text, len, (byte & 1) != 0, byte % 16 == 2);
			}
}

/*
 * All sequences of four of the bytes at which rules change: by themselves, and
 * somewhere in a longer text of one, two or three bytes a character, where the
 * writer takes sixteen bytes at a time.
 */
static void
test_sequences(void)
{
	static const unsigned char bytes[] = {
		'a', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0,
		0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5};
	static const char *const fillers[] = {"x", "\xC3\xBC", "\xE2\x82\xAC"};
	int n = UNIT_LENGTH(bytes);
	int i;

	unit_test("sequences of four bytes");
	for (i = 0; i < n * n * n * n; i++)
	{
		const char *filler = fillers[unit_random() % UNIT_LENGTH(fillers)];
		size_t step = strlen(filler);
		size_t place = unit_random() % 20 / step * step;
		char text[64];
		size_t len;

		for (len = 0; len + step <= 40; len += step)
			memcpy(text + len, filler, step);
		memmove(text + place + 4, text + place, len - place);
		text[place] = (char) bytes[i % n];
		text[place + 1] = (char) bytes[i / n % n];
		text[place + 2] = (char) bytes[i / n / n % n];
		text[place + 3] = (char) bytes[i / n / n / n];
		compare("alone", text + place, 4, false, i % 64 == 0);
		compare("in a text", text, len + 4, i % 8 == 0, i % 64 == 0);
	}
}

static size_t
random_text(char *text, size_t len)
{
	/* shares of plain letters, of escapes, of longer characters and of any byte */
	static const char *const letters[] = {
		"a", "B", " ", "z", "\"", "\\", "\n", "\x01", "\xC3\xBC", "\xD0\xB6", "\xE2\x82\xAC",
		"\xE4\xB8\xAD", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"};
	uint64_t plain = unit_random() % 100;
	uint64_t any = unit_random() % 3 == 0 ? 10 : 0;
	size_t n = 0;

	while (n + 4 <= len)
	{
		uint64_t r = unit_random();

		if (r % 100 < plain)
			text[n++] = (char) ('a' + (r >> 32) % 26);
		else if (r % 100 < plain + any)
			text[n++] = (char) (r >> 32);
		else
		{
			const char *letter = letters[(r >> 32) % UNIT_LENGTH(letters)];

			memcpy(text + n, letter, strlen(letter));
			n += strlen(letter);
		}
	}
	return n;
}

static void
test_random(void)
{
	static char text[100000];
	int i;

	unit_test("random texts");
	for (i = 0; i < 20000; i++)
		compare("random text", text, random_text(text, unit_random() % 200), (i & 1) != 0, true);
	for (i = 0; i < 100; i++)
		compare("random long text", text, random_text(text, unit_random() % sizeof(text)), (i & 1) != 0, true);
}

/* Long texts are cut into pieces, between characters if there are any. */
static void
test_pieces(void)
{
	static char text[8192 * 2 + 40];
	static const char *const fillers[] = {"x", "\n", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\x80", "\xF0\x9F", "\xE2\x82"};
	int filler;
	int offset;

	unit_test("texts longer than a piece");
	for (filler = 0; filler < UNIT_LENGTH(fillers); filler++)
		for (offset = 0; offset < 6; offset++)
		{
			size_t n = (size_t) offset;
			size_t step = strlen(fillers[filler]);

			memset(text, 'o', n);
			for (; n + step <= sizeof(text); n += step)
				memcpy(text + n, fillers[filler], step);
			compare("around the end of a piece", text, n, false, true);
			compare("around the end of a piece", text, n, true, true);
			compare("exactly a piece", text, 8192, false, false);
			compare("a byte more than a piece", text, 8193, false, false);
		}
}

static void
test_parts(void)
{
	CdcBuf buf = unit_buf();

	unit_test("strings in parts");
	cdc_json_string_begin(&buf);
	cdc_json_string_part(&buf, "ab\"", 3);
	cdc_json_string_part(&buf, NULL, 0);
	cdc_json_string_unit(&buf, 0xD83D);
	cdc_json_string_part(&buf, "\xC3\xBC", 2);
	cdc_json_string_unit(&buf, 0xDE00);
	cdc_json_string_unit(&buf, 'x');
	cdc_json_string_unit(&buf, '\n');
	cdc_json_string_unit(&buf, 0xE9);
	cdc_json_string_unit(&buf, 0x20AC);
	cdc_json_string_end(&buf);
	unit_equal("parts", buf.data, buf.len, TEXT("\"ab\\\"\\uD83D\xC3\xBC\\uDE00x\\n\xC3\xA9\xE2\x82\xAC\""));
	buf.len = 0;
	buf.ascii = true;
	cdc_json_string_unit(&buf, 0xE9);
	cdc_json_string_unit(&buf, 0xDFFF);
	unit_equal("units, ascii", buf.data, buf.len, TEXT("\\u00E9\\uDFFF"));
	unit_check(buf.replaced == 0, "units: %" PRIu64 " replaced", buf.replaced);
	unit_free(&buf);
}

static void
test_rest(void)
{
	CdcBuf buf = unit_buf();

	unit_test("members, constants and punctuation");
	cdc_json_struct_begin(&buf);
	cdc_json_member(&buf, true, "id", 2);
	cdc_json_null(&buf);
	cdc_json_member(&buf, false, "a\"\xF0\x9F\x98\x80", 6);
	cdc_json_array_begin(&buf);
	cdc_json_array_next(&buf, true);
	cdc_json_bool(&buf, true);
	cdc_json_array_next(&buf, false);
	cdc_json_bool(&buf, false);
	cdc_json_array_next(&buf, false);
	cdc_json_plain(&buf, "2024-01-01", 10);
	cdc_json_array_next(&buf, false);
	cdc_json_plain(&buf, NULL, 0);
	cdc_json_array_end(&buf);
	cdc_json_member(&buf, false, "", 0);
	cdc_json_number(&buf, "-1.50", 5);
	cdc_json_struct_end(&buf);
	unit_equal("punctuation", buf.data, buf.len,
			   TEXT("{\"id\":null,\"a\\\"\\uD83D\\uDE00\":[true,false,\"2024-01-01\",\"\"],\"\":-1.50}"));
	unit_free(&buf);
}

int
main(void)
{
	test_table();
	test_places();
	test_sequences();
	test_random();
	test_pieces();
	test_parts();
	test_rest();
	return unit_end();
}
