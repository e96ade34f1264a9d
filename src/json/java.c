/*
 * java.c
 *		String.hashCode() and the iteration order of java.util.HashMap.
 *
 * A HashMap is a table of 2^k buckets, each a list of entries in the order in
 * which they were put in; iteration goes through the table and each list.
 * Doubling the table splits every list without changing its order, so the
 * final order is: by bucket of the final table, then by position in the input.
 *
 * Not reproduced: where a list of eight entries gets another one and the table
 * has 64 buckets or more, Java makes a tree of the list, whose iteration order
 * depends on its shape.  That does not happen unless someone looks for keys
 * that collide.
 */
#include "json/java.h"
#include "json/utf8.h"

#define FIRST_SIZE 16
#define MAX_SIZE (UINT32_C(1) << 30)
#define LIST_LIMIT 8 /* HashMap.TREEIFY_THRESHOLD */
#define MIN_TREE_SIZE 64 /* HashMap.MIN_TREEIFY_CAPACITY */
#define MIN_TREE_KEYS 25 /* so many keys do not fit into a smaller table */

/* up to so many keys are sorted by themselves, with their buckets at hand */
#define CACHED 2048
#define SMALL 256

/* more than SMALL are first divided among so many ranges of buckets */
#define RANGE_BITS 12
#define RANGES (1 << RANGE_BITS)

static uint32_t table_size(const CdcSlice *keys, int n);
static uint32_t key_hash(const CdcSlice *key);
static void sort_divided(const CdcSlice *keys, int n, uint32_t size, int *order);
static void sort_keys(const CdcSlice *keys, uint32_t mask, int *order, int n);
static void heap_sort(const CdcSlice *keys, uint32_t mask, int *order, int n);
static void sift_down(const CdcSlice *keys, uint32_t mask, int *heap, int n, int i);
static bool key_before(const CdcSlice *keys, uint32_t mask, int a, int b);

uint32_t
cdc_java_string_hash(const char *utf8, size_t len)
{
	const unsigned char *p = (const unsigned char *) utf8;
	const unsigned char *end = p + len;
	uint32_t hash = 0;
	uint32_t c;

	while (p < end)
	{
		if (*p < 0x80)
		{
			hash = hash * 31 + *p++;
			continue;
		}
		p += cdc_utf8_decode(p, end, &c);
		if (c == CDC_UTF8_INVALID)
			c = CDC_UTF8_REPLACEMENT;
		if (c >= 0x10000)
		{
			hash = hash * 31 + CDC_HIGH_SURROGATE(c);
			c = CDC_LOW_SURROGATE(c);
		}
		hash = hash * 31 + c;
	}
	return hash;
}

void
cdc_java_hashmap_order(const CdcSlice *keys, int n, int *order)
{
	uint32_t size = table_size(keys, n);
	int i;

	if (n > SMALL)
	{
		sort_divided(keys, n, size, order);
		return;
	}
	for (i = 0; i < n; i++)
		order[i] = i;
	sort_keys(keys, size - 1, order, n);
}

/*
 * The size of the table in the end.  It doubles when it is more than three
 * quarters full, and, while it is small, also when a ninth entry comes into a
 * list: putVal() and treeifyBin().
 */
static uint32_t
table_size(const CdcSlice *keys, int n)
{
	uint32_t hashes[MIN_TREE_KEYS];
	uint32_t size = FIRST_SIZE;
	int i;
	int j;

	for (i = 0; i < n && n > LIST_LIMIT && size < MIN_TREE_SIZE; i++)
	{
		int same = 0;

		hashes[i] = key_hash(&keys[i]);
		for (j = 0; j < i; j++)
			same += ((hashes[i] ^ hashes[j]) & (size - 1)) == 0;
		if (same >= LIST_LIMIT)
			size *= 2;
		if ((uint32_t) i + 1 > size / 4 * 3)
			size *= 2;
	}
	while (size < MAX_SIZE && (uint32_t) n > size / 4 * 3)
		size *= 2;
	return size;
}

/* HashMap.hash(): the low bits, which choose the bucket, get to see the high ones. */
static uint32_t
key_hash(const CdcSlice *key)
{
	uint32_t hash = cdc_java_string_hash(key->data, key->len);

	return hash ^ (hash >> 16);
}

/*
 * Divides the keys among ranges of buckets by counting, which keeps their
 * order, and sorts each range.  There is nowhere to keep the hashes: computing
 * them three times is cheaper than to look after memory.
 */
static void
sort_divided(const CdcSlice *keys, int n, uint32_t size, int *order)
{
	int ends[RANGES] = {0};
	int shift = 0;
	int start = 0;
	int i;

	while (size >> shift > RANGES)
		shift++;

	for (i = 0; i < n; i++)
		ends[(key_hash(&keys[i]) & (size - 1)) >> shift]++;
	for (i = 0; i < RANGES; i++)
	{
		int count = ends[i];

		ends[i] = start;
		start += count;
	}
	for (i = 0; i < n; i++)
		order[ends[(key_hash(&keys[i]) & (size - 1)) >> shift]++] = i;

	start = 0;
	for (i = 0; i < RANGES; i++)
	{
		if (ends[i] - start > 1 && shift > 0)
			sort_keys(keys, size - 1, order + start, ends[i] - start);
		start = ends[i];
	}
}

/* Sorts indexes, which ascend, by bucket; keys of one bucket stay as they are. */
static void
sort_keys(const CdcSlice *keys, uint32_t mask, int *order, int n)
{
	uint32_t buckets[CACHED];
	int i;

	if (n > CACHED)
	{
		heap_sort(keys, mask, order, n);
		return;
	}
	for (i = 0; i < n; i++)
	{
		uint32_t bucket = key_hash(&keys[order[i]]) & mask;
		int index = order[i];
		int j = i;

		for (; j > 0 && buckets[j - 1] > bucket; j--)
		{
			buckets[j] = buckets[j - 1];
			order[j] = order[j - 1];
		}
		buckets[j] = bucket;
		order[j] = index;
	}
}

/*
 * So many keys in one of the ranges were chosen by someone who knows the hash
 * function: slow, but not quadratic.
 */
static void
heap_sort(const CdcSlice *keys, uint32_t mask, int *order, int n)
{
	int i;

	for (i = n / 2 - 1; i >= 0; i--)
		sift_down(keys, mask, order, n, i);
	for (i = n - 1; i > 0; i--)
	{
		int last = order[0];

		order[0] = order[i];
		order[i] = last;
		sift_down(keys, mask, order, i, 0);
	}
}

static void
sift_down(const CdcSlice *keys, uint32_t mask, int *heap, int n, int i)
{
	int index = heap[i];

	for (;;)
	{
		int child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && key_before(keys, mask, heap[child], heap[child + 1]))
			child++;
		if (!key_before(keys, mask, index, heap[child]))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = index;
}

static bool
key_before(const CdcSlice *keys, uint32_t mask, int a, int b)
{
	uint32_t bucket_a = key_hash(&keys[a]) & mask;
	uint32_t bucket_b = key_hash(&keys[b]) & mask;

	return bucket_a != bucket_b ? bucket_a < bucket_b : a < b;
}
