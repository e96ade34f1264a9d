/*
 * number_test.c
 *		json/number.c against printf, strtod and what Java wrote into java.txt.
 */
#include <float.h>
#include <math.h>

#include "json/json.h"
#include "unit.h"

#define RANDOM_NUMBERS 300000

static void
check_int64(int64_t value)
{
	CdcBuf buf = unit_buf();
	char expected[32];
	int len = sprintf(expected, "%" PRId64, value);

	cdc_json_int64(&buf, value);
	unit_equal("int64", buf.data, buf.len, expected, (size_t) len);
	unit_free(&buf);
}

static void
check_uint64(uint64_t value)
{
	CdcBuf buf = unit_buf();
	char expected[32];
	int len = sprintf(expected, "%" PRIu64, value);

	cdc_json_uint64(&buf, value);
	unit_equal("uint64", buf.data, buf.len, expected, (size_t) len);
	unit_free(&buf);
}

static void
test_integers(void)
{
	uint64_t power;
	int i;

	unit_test("integers");
	for (power = 1, i = 0; i < 20; i++, power *= 10)
	{
		int64_t near;

		for (near = -2; near <= 2; near++)
		{
			check_uint64(power + (uint64_t) near);
			check_int64((int64_t) (power + (uint64_t) near));
			check_int64((int64_t) (0 - power - (uint64_t) near));
		}
	}
	for (i = 0; i < 64; i++)
	{
		check_uint64(UINT64_C(1) << i);
		check_uint64((UINT64_C(1) << i) - 1);
	}
	for (i = -1100; i <= 1100; i++)
		check_int64(i);
	check_int64(INT64_MIN);
	check_int64(INT64_MAX);
	check_uint64(UINT64_MAX);
	for (i = 0; i < RANDOM_NUMBERS; i++)
	{
		uint64_t value = unit_random() >> (unit_random() % 64);

		check_uint64(value);
		check_int64((int64_t) value);
	}
}

/* As text, and as JSON: the same unless it is no JSON number. */
static void
check_double(const char *what, double value, const char *expected)
{
	CdcBuf buf = unit_buf();
	char text[CDC_JAVA_NUMBER_LEN];
	char quoted[32];
	int len = cdc_java_double(value, text);

	unit_equal(what, text, (size_t) len, expected, strlen(expected));
	cdc_json_double(&buf, value);
	sprintf(quoted, isfinite(value) ? "%s" : "\"%s\"", expected);
	unit_equal(what, buf.data, buf.len, quoted, strlen(quoted));
	unit_free(&buf);
}

static void
check_float(const char *what, float value, const char *expected)
{
	CdcBuf buf = unit_buf();
	char text[CDC_JAVA_NUMBER_LEN];
	char quoted[32];
	int len = cdc_java_float(value, text);

	unit_equal(what, text, (size_t) len, expected, strlen(expected));
	cdc_json_float(&buf, value);
	sprintf(quoted, isfinite(value) ? "%s" : "\"%s\"", expected);
	unit_equal(what, buf.data, buf.len, quoted, strlen(quoted));
	unit_free(&buf);
}

static void
test_known(void)
{
	unit_test("known floating-point numbers");
	check_double("double", 3, "3.0");
	check_double("double", -0.0, "-0.0");
	check_double("double", 0.001, "0.001");
	check_double("double", 0.002, "0.002");
	check_double("double", 9.99e-4, "9.99E-4");
	check_double("double", 9999999.999, "9999999.999");
	check_double("double", 1e7, "1.0E7");
	check_double("double", 1e23, "1.0E23");
	check_double("double", 2e23, "2.0E23");
	check_double("double", 8.41e21, "8.41E21");
	check_double("double", 5e-324, "4.9E-324");
	check_double("double", 1e-323, "9.9E-324");
	check_double("double", DBL_MAX, "1.7976931348623157E308");
	check_double("double", NAN, "NaN");
	check_double("double", -NAN, "NaN");
	check_double("double", INFINITY, "Infinity");
	check_double("double", -INFINITY, "-Infinity");
	check_float("float", 1234567890.5f, "1.234568E9");
	check_float("float", 1.17549435e-38f, "1.1754944E-38");
	check_float("float", 1e-45f, "1.4E-45");
	check_float("float", 0.1f, "0.1");
	check_float("float", 16777216.0f, "1.6777216E7");
	check_float("float", NAN, "NaN");
	check_float("float", INFINITY, "Infinity");
	check_float("float", -INFINITY, "-Infinity");
}

/* The table that JavaReference.java wrote. */
static void
test_java(void)
{
	FILE *table = fopen("java.txt", "r");
	char line[65536];
	int numbers = 0;

	unit_test("numbers as Java writes them");
	while (table != NULL && fgets(line, sizeof(line), table) != NULL)
	{
		char expected[64];
		uint64_t bits;
		uint32_t half;
		double value;
		float small;

		if (sscanf(line, "%*[df] %" SCNx64 " %63s", &bits, expected) != 2)
			continue;
		numbers++;
		if (line[0] == 'd')
		{
			memcpy(&value, &bits, sizeof(value));
			check_double("double as Java writes it", value, expected);
		}
		else
		{
			half = (uint32_t) bits;
			memcpy(&small, &half, sizeof(small));
			check_float("float as Java writes it", small, expected);
		}
	}
	if (table != NULL)
		fclose(table);
	unit_check(numbers > 2000, "java.txt has %d numbers", numbers);
}

/* Whatever the number: the form is Java's, and it reads back as the number. */
static void
check_form(const char *text, int len, double size)
{
	int point = (int) strcspn(text, ".");
	int exponent = (int) strcspn(text, "E");
	int lead = text[0] == '-';

	unit_check(point < len && text[point + 1] >= '0' && text[point + 1] <= '9' && point > lead,
			   "%s: no fraction", text);
	unit_check((exponent < len) == (size != 0 && (size < 1e-3 || size >= 1e7)), "%s: notation", text);
	if (exponent < len)
		unit_check(point == lead + 1 && text[lead] != '0' && text[exponent + 1] != '+', "%s: mantissa", text);
	else
		unit_check(text[lead] != '0' || point == lead + 1, "%s: zeros", text);
}

static void
test_random(void)
{
	int i;

	unit_test("random floating-point numbers");
	for (i = 0; i < RANDOM_NUMBERS; i++)
	{
		char text[CDC_JAVA_NUMBER_LEN + 1];
		uint64_t bits = unit_random();
		double value;
		float small;
		int len;

		if (i % 3 == 0)
			value = (double) (int64_t) bits / 1000;
		else
			memcpy(&value, &bits, sizeof(value));
		if (isfinite(value))
		{
			len = cdc_java_double(value, text);
			text[len] = '\0';
			check_form(text, len, fabs(value));
			unit_check(strtod(text, NULL) == value, "%s is not %.17g", text, value);
		}

		memcpy(&small, &bits, sizeof(small));
		if (isfinite(small))
		{
			len = cdc_java_float(small, text);
			text[len] = '\0';
			check_form(text, len, fabsf(small));
			unit_check(strtof(text, NULL) == small, "%s is not %.9g", text, small);
		}
	}
}

int
main(void)
{
	test_integers();
	test_known();
	test_java();
	test_random();
	return unit_end();
}
