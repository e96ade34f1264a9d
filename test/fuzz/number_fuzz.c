/*
 * number_fuzz.c
 *		Any number: JSON that reads back as the same number, in the form that
 *		Java gives it, and no decimal with fewer digits would do.
 */
#include <jansson.h>
#include <math.h>

#include "fuzz.h"
#include "json/json.h"

#define DIGITS "0123456789"

static void
check_json(const CdcBuf *buf, bool string)
{
	json_error_t error;
	json_t *value = json_loadb(buf->data, buf->len, JSON_DECODE_ANY, &error);

	FUZZ_CHECK(string ? json_is_string(value) : json_is_number(value));
	json_decref(value);
}

/* "text" is terminated.  Returns the number of its digits, without zeros around them. */
static int
check_form(const char *text, double size)
{
	const char *p = text + (text[0] == '-');
	size_t whole = strspn(p, DIGITS);
	size_t fraction;
	int digits = 0;
	int zeros = 0;

	FUZZ_CHECK(whole >= 1 && (p[0] != '0' || whole == 1) && p[whole] == '.');
	fraction = strspn(p + whole + 1, DIGITS);
	FUZZ_CHECK(fraction >= 1 && (fraction == 1 || p[whole + fraction] != '0'));
	for (; *p != '\0' && *p != 'E'; p++)
	{
		if (*p == '.' || (*p == '0' && digits == 0))
			continue;
		zeros = *p == '0' ? zeros + 1 : 0;
		digits++;
	}
	FUZZ_CHECK((*p == 'E') == (size != 0 && (size < 1e-3 || size >= 1e7)));
	if (*p == 'E')
	{
		p += p[1] == '-' ? 2 : 1;
		FUZZ_CHECK(whole == 1 && *p != '0' && strspn(p, DIGITS) == strlen(p) && strlen(p) >= 1);
	}
	return digits - zeros;
}

static void
check_double(double value)
{
	CdcBuf buf = unit_buf();
	char text[CDC_JAVA_NUMBER_LEN + 1];
	char shorter[40];
	int digits;

	cdc_json_double(&buf, value);
	check_json(&buf, !isfinite(value));
	text[cdc_java_double(value, text)] = '\0';
	if (isfinite(value))
	{
		FUZZ_CHECK(buf.len == strlen(text) && memcmp(buf.data, text, buf.len) == 0);
		FUZZ_CHECK(strtod(text, NULL) == value && (text[0] == '-') == (signbit(value) != 0));
		digits = check_form(text, fabs(value));
		snprintf(shorter, sizeof(shorter), "%.*e", digits > 2 ? digits - 2 : 0, value);
		FUZZ_CHECK(digits <= 2 || strtod(shorter, NULL) != value);
	}
	unit_free(&buf);
}

static void
check_float(float value)
{
	CdcBuf buf = unit_buf();
	char text[CDC_JAVA_NUMBER_LEN + 1];
	char shorter[40];
	int digits;

	cdc_json_float(&buf, value);
	check_json(&buf, !isfinite(value));
	text[cdc_java_float(value, text)] = '\0';
	if (isfinite(value))
	{
		FUZZ_CHECK(buf.len == strlen(text) && memcmp(buf.data, text, buf.len) == 0);
		FUZZ_CHECK(strtof(text, NULL) == value && (text[0] == '-') == (signbit(value) != 0));
		digits = check_form(text, fabsf(value));
		snprintf(shorter, sizeof(shorter), "%.*e", digits > 2 ? digits - 2 : 0, value);
		FUZZ_CHECK(digits <= 2 || strtof(shorter, NULL) != value);
	}
	unit_free(&buf);
}

static void
check_integer(uint64_t value)
{
	CdcBuf buf = unit_buf();
	char expected[32];

	cdc_json_uint64(&buf, value);
	FUZZ_CHECK(buf.len == (size_t) sprintf(expected, "%" PRIu64, value) && memcmp(buf.data, expected, buf.len) == 0);
	buf.len = 0;
	cdc_json_int64(&buf, (int64_t) value);
	FUZZ_CHECK(buf.len == (size_t) sprintf(expected, "%" PRId64, (int64_t) value) && memcmp(buf.data, expected, buf.len) == 0);
	check_json(&buf, false);
	unit_free(&buf);
}

/* The bits themselves, and numbers with few digits: those at which rules meet. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t bits = 0;
	double value;
	float small;
	char decimal[40];

	if (size < 2 || size > 9)
		return 0;
	memcpy(&bits, data + 1, size - 1);

	memcpy(&value, &bits, sizeof(value));
	memcpy(&small, &bits, sizeof(small));
	check_double(value);
	check_float(small);
	check_float((float) value);

	snprintf(decimal, sizeof(decimal), "%" PRId64 "e%d", (int64_t) bits, data[0] - 128);
	check_double(strtod(decimal, NULL));
	check_float(strtof(decimal, NULL));
	check_integer(bits);
	return 0;
}
