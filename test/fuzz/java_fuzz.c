/*
 * java_fuzz.c
 *		Any keys: the order is a permutation that ascends by bucket and then by
 *		place, and the hash is that of the UTF-16 units.
 */
#include <errno.h>
#include <iconv.h>

#include "fuzz.h"
#include "json/java.h"

#define MAX_KEYS 8192

static CdcSlice keys[MAX_KEYS];
static int order[MAX_KEYS];
static bool seen[MAX_KEYS];

/* Keys that are not UTF-8 are skipped: iconv does not replace as we do. */
static void
check_hash(const CdcSlice *key)
{
	static iconv_t converter;
	unsigned char units[4096];
	char *in = (char *) key->data;
	char *out = (char *) units;
	size_t in_left = key->len;
	size_t out_left = sizeof(units);
	uint32_t hash = 0;
	unsigned char *p;

	if (converter == NULL)
		converter = iconv_open("UTF-16BE", "UTF-8");
	FUZZ_CHECK(converter != (iconv_t) -1);
	iconv(converter, NULL, NULL, NULL, NULL);
	if (iconv(converter, &in, &in_left, &out, &out_left) == (size_t) -1)
		return;
	for (p = units; p < (unsigned char *) out; p += 2)
		hash = hash * 31 + (uint32_t) (p[0] << 8 | p[1]);
	FUZZ_CHECK(cdc_java_string_hash(key->data, key->len) == hash);
}

static bool
ascends(int n, uint32_t size)
{
	uint32_t last = 0;
	int i;

	for (i = 0; i < n; i++)
	{
		const CdcSlice *key = &keys[order[i]];
		uint32_t hash = cdc_java_string_hash(key->data, key->len);
		uint32_t bucket = (hash ^ hash >> 16) & (size - 1);

		if (i > 0 && (bucket < last || (bucket == last && order[i] < order[i - 1])))
			return false;
		last = bucket;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	const char *end = text + size;
	uint32_t table = 16;
	int n = 0;
	int i;

	/* keys end with a line feed */
	while (text < end && n < MAX_KEYS)
	{
		const char *key_end = memchr(text, '\n', (size_t) (end - text));

		if (key_end == NULL)
			key_end = end;
		keys[n].data = text;
		keys[n].len = (size_t) (key_end - text);
		check_hash(&keys[n++]);
		text = key_end < end ? key_end + 1 : end;
	}

	cdc_java_hashmap_order(keys, n, order);
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < n; i++)
	{
		FUZZ_CHECK(order[i] >= 0 && order[i] < n && !seen[order[i]]);
		seen[order[i]] = true;
	}

	/* a table is at least so large; keys that collide may double it up to 64 */
	while ((uint32_t) n * 4 > table * 3)
		table *= 2;
	FUZZ_CHECK(ascends(n, table) || (table < 64 && n > 8 && (ascends(n, 2 * table) || ascends(n, 64))));
	return 0;
}
