/*
 * bytes_test.c
 *		json/base64.c: known values, and decoding what it wrote.
 */
#include "json/json.h"
#include "unit.h"

#define TEXT(s) "" s, sizeof(s) - 1

typedef void (*Writer)(CdcBuf *buf, const uint8_t *bytes, size_t len);

static uint8_t bytes[40000];
static uint8_t decoded[40000];

/* A decoder that knows only the alphabet's order. */
static size_t
decode(const char *text, size_t len, const char *alphabet, int bits)
{
	uint32_t pending = 0;
	int pending_bits = 0;
	size_t n = 0;
	size_t i;

	for (i = 0; i < len && text[i] != '='; i++)
	{
		const char *place = strchr(alphabet, text[i]);

		if (place == NULL || n >= sizeof(decoded))
			return SIZE_MAX;
		pending = (pending << bits) | (uint32_t) (place - alphabet);
		pending_bits += bits;
		if (pending_bits >= 8)
		{
			pending_bits -= 8;
			decoded[n++] = (uint8_t) (pending >> pending_bits);
			pending &= (1u << pending_bits) - 1;
		}
	}
	unit_check(pending == 0, "bits are left over");
	return n;
}

static void
check_known(const char *what, Writer writer, const char *input, size_t len, const char *expected, size_t expected_len)
{
	CdcBuf buf = unit_buf();

	writer(&buf, (const uint8_t *) input, len);
	unit_equal(what, buf.data, buf.len, expected, expected_len);
	unit_free(&buf);
}

static void
test_known(void)
{
	unit_test("known bytes");
	check_known("base64", cdc_json_base64, TEXT(""), TEXT("\"\""));
	check_known("base64", cdc_json_base64, TEXT("f"), TEXT("\"Zg==\""));
	check_known("base64", cdc_json_base64, TEXT("fo"), TEXT("\"Zm8=\""));
	check_known("base64", cdc_json_base64, TEXT("foo"), TEXT("\"Zm9v\""));
	check_known("base64", cdc_json_base64, TEXT("foob"), TEXT("\"Zm9vYg==\""));
	check_known("base64", cdc_json_base64, TEXT("fooba"), TEXT("\"Zm9vYmE=\""));
	check_known("base64", cdc_json_base64, TEXT("foobar"), TEXT("\"Zm9vYmFy\""));
	check_known("base64", cdc_json_base64, TEXT("\xFF\xEF\xBE"), TEXT("\"/+++\""));
	check_known("base64url", cdc_json_base64url, TEXT(""), TEXT("\"\""));
	check_known("base64url", cdc_json_base64url, TEXT("\xFF\xEF\xBE\xFF"), TEXT("\"_---_w==\""));
	check_known("hex", cdc_json_hex, TEXT(""), TEXT("\"\""));
	check_known("hex", cdc_json_hex, TEXT("\x00\x0F\xA5\xFF"), TEXT("\"000fa5ff\""));
}

static void
check_decoding(const char *what, Writer writer, size_t len, const char *alphabet, int bits)
{
	CdcBuf buf = unit_buf();
	size_t expected_len = bits == 4 ? 2 * len : (len + 2) / 3 * 4;
	size_t n;

	writer(&buf, bytes, len);
	unit_check(buf.len == expected_len + 2 && buf.data[0] == '"' && buf.data[buf.len - 1] == '"',
			   "%s of %zu bytes: %zu characters", what, len, buf.len);
	n = decode(buf.data + 1, buf.len - 2, alphabet, bits);
	unit_equal(what, (char *) decoded, n, (char *) bytes, len);
	unit_free(&buf);
}

static void
test_lengths(void)
{
	static const size_t large[] = {12287, 12288, 12289, 12290, 24576, 24577, 40000};
	size_t i;

	unit_test("bytes of every length");
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t) unit_random();
	for (i = 0; i < 300 + UNIT_LENGTH(large); i++)
	{
		size_t len = i < 300 ? i : large[i - 300];

		check_decoding("base64", cdc_json_base64, len,
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6);
		check_decoding("base64url", cdc_json_base64url, len,
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6);
		check_decoding("hex", cdc_json_hex, len, "0123456789abcdef", 4);
	}
}

int
main(void)
{
	test_known();
	test_lengths();
	return unit_end();
}
