/*
 * deadletter.h
 *		A file of records that a sink's server refuses, with the reason: lines of JSON.
 *
 *	{"time":"2026-11-24T12:00:00.000Z","status":400,"reason":"…",…,"record":{"topic":T,"key":K,"value":V,"headers":H}}
 */
#ifndef RELAY_DEADLETTER_H
#define RELAY_DEADLETTER_H

#include "relay/common.h"
#include "relay/record.h"

typedef struct RelayDeadLetters
{
	const char *path; /* NULL: there is no such file */
	int fd;
	RelayBuf buf; /* not yet written */
	uint64_t written; /* lines, since the start */
} RelayDeadLetters;

extern bool relay_dead_letters_open(RelayDeadLetters *letters, const char *path, RelayError *error);
extern void relay_dead_letters_close(RelayDeadLetters *letters);

/* Collects a record; "more" are further members, as JSON with a comma before each, or "". */
extern void relay_dead_letters_add(RelayDeadLetters *letters, long status, const char *reason, size_t reason_len, const char *more,
								   const RelayRecord *record);

/* What was collected is on disk afterwards: only then may its records be acknowledged. */
extern bool relay_dead_letters_flush(RelayDeadLetters *letters, RelayError *error);

extern void relay_dead_letters_metrics(const RelayDeadLetters *letters, RelayBuf *out);

#endif /* RELAY_DEADLETTER_H */
