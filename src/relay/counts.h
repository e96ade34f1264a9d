/*
 * counts.h
 *		How many records of each kind went to each topic.
 */
#ifndef RELAY_COUNTS_H
#define RELAY_COUNTS_H

#include "relay/common.h"
#include "relay/record.h"

#define RELAY_COUNTS_PLACES 256 /* of the hash table */
#define RELAY_KINDS 10

typedef struct RelayTopicCount
{
	struct RelayTopicCount *next; /* in the same place of the hash table */
	char *topic;
	size_t len;
	uint64_t kind[RELAY_KINDS]; /* in the order of relay_kind_labels */
	uint64_t keyless;
} RelayTopicCount;

typedef struct RelayCounts
{
	RelayTopicCount *place[RELAY_COUNTS_PLACES];
	RelayTopicCount *last; /* that counted before */
} RelayCounts;

/* Debezium's letters for operations, and words for what is no event. */
extern const char *const relay_kind_labels[RELAY_KINDS];

extern void relay_counts_add(RelayCounts *counts, const RelayRecord *record);
/* Its part of the metrics. */
extern void relay_counts_write(const RelayCounts *counts, RelayBuf *out);
extern void relay_counts_free(RelayCounts *counts);

#endif /* RELAY_COUNTS_H */
