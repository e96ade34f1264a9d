/*
 * java_test.c
 *		json/java.c against what Java wrote into java.txt, and by its properties.
 */
#include "json/java.h"
#include "unit.h"

#define MAX_KEYS 100000

static char text[65536];
static CdcSlice keys[MAX_KEYS];
static int order[MAX_KEYS];
static char names[MAX_KEYS][28];

/* "h HASH HEX" */
static bool
check_hash(const char *line)
{
	char utf8[256];
	char hex[512] = "";
	uint32_t hash;
	size_t len;
	size_t i;

	if (sscanf(line, "h %" SCNx32 " %511s", &hash, hex) < 1)
		return false;
	len = strlen(hex) / 2;
	for (i = 0; i < len; i++)
	{
		unsigned byte;

		sscanf(hex + 2 * i, "%2x", &byte);
		utf8[i] = (char) byte;
	}
	unit_check(cdc_java_string_hash(utf8, len) == hash, "hash of %s is %" PRIx32, hex, hash);
	return true;
}

/* "m KEY... > INDEX..." */
static bool
check_map(char *line)
{
	char *word;
	int n = 0;
	int i = 0;

	if (line[0] != 'm')
		return false;
	strtok(line, " \n");
	for (word = strtok(NULL, " \n"); word != NULL && strcmp(word, ">") != 0; word = strtok(NULL, " \n"))
	{
		keys[n].data = word;
		keys[n].len = strlen(word);
		n++;
	}
	memset(order, -1, sizeof(order));
	cdc_java_hashmap_order(keys, n, order);
	for (word = strtok(NULL, " \n"); word != NULL && i < n && atoi(word) == order[i]; word = strtok(NULL, " \n"))
		i++;
	unit_check(word == NULL && i == n, "map of %d keys from %s on: entry %d", n,
			   n > 0 ? keys[0].data : "", i);
	unit_check(n == MAX_KEYS || order[n] == -1, "map of %d keys: written beyond", n);
	return true;
}

static void
test_java(void)
{
	FILE *table = fopen("java.txt", "r");
	int hashes = 0;
	int maps = 0;

	unit_test("Java's hashes and maps");
	while (table != NULL && fgets(text, sizeof(text), table) != NULL)
	{
		hashes += check_hash(text);
		maps += check_map(text);
	}
	if (table != NULL)
		fclose(table);
	unit_check(hashes > 10 && maps > 100, "java.txt has %d hashes and %d maps", hashes, maps);
}

/* Keys beyond what Java was asked for: sorted by bucket, then by place. */
static void
check_order(const char *what, int n, uint32_t size)
{
	static bool seen[MAX_KEYS];
	uint32_t last_bucket = 0;
	int i;

	memset(seen, 0, sizeof(seen));
	cdc_java_hashmap_order(keys, n, order);
	for (i = 0; i < n; i++)
	{
		int key = order[i];
		uint32_t hash = cdc_java_string_hash(keys[key].data, keys[key].len);
		uint32_t bucket = (hash ^ (hash >> 16)) & (size - 1);

		if (key < 0 || key >= n || seen[key] || bucket < last_bucket ||
			(i > 0 && bucket == last_bucket && key < order[i - 1]))
			break;
		seen[key] = true;
		last_bucket = bucket;
	}
	unit_check(i == n, "%s, %d keys: entry %d", what, n, i);
}

static void
test_many(void)
{
	static const int counts[] = {256, 257, 2048, 5000, MAX_KEYS};
	int i;
	int j;

	unit_test("orders of many keys");
	for (i = 0; i < UNIT_LENGTH(counts); i++)
	{
		int n = counts[i];
		uint32_t size = 16;

		while ((uint32_t) n * 4 > size * 3)
			size *= 2;
		for (j = 0; j < n; j++)
		{
			keys[j].data = names[j];
			keys[j].len = (size_t) sprintf(names[j], "%" PRIx32, (uint32_t) unit_random());
		}
		check_order("random keys", n, size);
	}
}

/* n keys of one hash, by exchanging "Aa" and "BB", each followed by one of some letters. */
static void
collide(int n, int letters, int pairs)
{
	int i;
	int j;

	for (i = 0; i < n; i++)
	{
		for (j = 0; j < pairs; j++)
			memcpy(names[i] + 2 * j, (i / letters >> j) & 1 ? "Aa" : "BB", 2);
		names[i][2 * pairs] = (char) ('0' + letters - 1 - i % letters);
		keys[i].data = names[i];
		keys[i].len = (size_t) (2 * pairs + 1);
	}
}

/* Keys that someone chose: in few buckets, the last ones first. */
static void
test_chosen(void)
{
	unit_test("orders of chosen keys");
	collide(32, 1, 5);
	check_order("keys of a bucket", 32, 64);
	collide(5000, 1, 13);
	check_order("keys of a bucket", 5000, 8192);
	collide(MAX_KEYS, 50, 11);
	check_order("keys of few buckets", MAX_KEYS, 262144);
}

int
main(void)
{
	test_java();
	test_many();
	test_chosen();
	return unit_end();
}
