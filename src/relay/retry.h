/*
 * retry.h
 *		Pauses between the attempts of a sink that retries by itself.
 */
#ifndef RELAY_RETRY_H
#define RELAY_RETRY_H

#include "relay/common.h"

typedef struct RelayRetry
{
	int64_t longest_us; /* --retry-max */
	int64_t pause_us; /* of the next failure before this one; 0: none yet */
	int64_t at; /* when to try again; 0: now */
	uint64_t retries; /* since the start */
	bool quiet; /* nothing into the log: for --check */
	RelayError error; /* of the last failure */
} RelayRetry;

/*
 * Something failed: logs why, and waits twice as long as before, or
 * "at_least_us" if that is more.
 */
extern void relay_retry_failed(RelayRetry *retry, int64_t at_least_us, const RelayError *error);

/* It is time to try, or nothing failed. */
extern bool relay_retry_due(const RelayRetry *retry);

/* It works again: the next failure starts with a short pause. */
extern void relay_retry_worked(RelayRetry *retry);

/* Its part of the metrics. */
extern void relay_retry_metrics(const RelayRetry *retry, RelayBuf *out);

#endif /* RELAY_RETRY_H */
