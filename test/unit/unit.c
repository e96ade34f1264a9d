/*
 * unit.c
 *		What the unit tests share; see unit.h.
 */
#include "unit.h"

#include <stdarg.h>

/* failures of a test that are printed */
#define MAX_PRINTED 10

static const char *current; /* name of the test, NULL before the first */
static uint64_t failures; /* checks of it that failed */
static int passed;
static int failed;

static void
close_test(void)
{
	if (current != NULL && failures == 0)
		passed++;
	else if (failures > 0)
		failed++;
	if (failures > MAX_PRINTED)
		printf("... and %" PRIu64 " more\n", failures - MAX_PRINTED);
	failures = 0;
}

void
unit_test(const char *name)
{
	close_test();
	current = name;
}

static void
print_ascii(const char *label, const char *text, size_t len)
{
	size_t shown = len < 300 ? len : 300;
	size_t i;

	printf("\n\t%s (%zu bytes): ", label, len);
	for (i = 0; i < shown; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c >= 0x20 && c < 0x7F)
			putchar(c);
		else
			printf("<%02X>", c);
	}
	if (shown < len)
		printf("...");
}

void
unit_check(bool ok, const char *format, ...)
{
	va_list args;

	if (ok || failures++ >= MAX_PRINTED)
		return;
	printf("FAILED: %s: ", current);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void
unit_equal(const char *what, const char *actual, size_t actual_len,
		   const char *expected, size_t expected_len)
{
	if (actual_len == expected_len &&
		(actual_len == 0 || memcmp(actual, expected, actual_len) == 0))
		return;
	if (failures++ >= MAX_PRINTED)
		return;
	printf("FAILED: %s: %s", current, what);
	print_ascii("is       ", actual, actual_len);
	print_ascii("should be", expected, expected_len);
	putchar('\n');
}

int
unit_end(void)
{
	close_test();
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}

/* splitmix64 */
uint64_t
unit_random(void)
{
	static uint64_t state = 1;
	uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static void
resize(CdcBuf *buf, size_t cap)
{
	buf->cap = cap;
	buf->data = realloc(buf->data, cap > 0 ? cap : 1);
	if (buf->data == NULL)
		abort();
}

static void
grow_exactly(CdcBuf *buf, size_t need)
{
	resize(buf, buf->len + need);
}

CdcBuf
unit_buf(void)
{
	CdcBuf buf = {0};

	buf.grow = grow_exactly;
	return buf;
}

void
unit_free(CdcBuf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = buf->cap = 0;
}

static void
discard(CdcBuf *buf, size_t need)
{
	UnitMeasure *measure = buf->owner;

	if (need > measure->largest)
		measure->largest = need;
	buf->discarded += buf->len;
	buf->len = 0;
	if (buf->cap < need)
		resize(buf, need);
}

void
unit_measure_init(UnitMeasure *measure)
{
	memset(measure, 0, sizeof(*measure));
	measure->buf.grow = discard;
	measure->buf.owner = measure;
}

size_t
unit_measure_len(const UnitMeasure *measure)
{
	return measure->buf.discarded + measure->buf.len;
}
