/*
 * sink.h
 *		Where records go: one struct of functions for each kind of sink.
 *
 * A sink gets records one by one and says through the ledger when it has one
 * for good (relay_ledger_acknowledge).  It never parses a value: the record
 * tells the operation, and where "before" and "after" lie.
 *
 * The bytes of a record stay where they are until it is acknowledged, so a
 * sink need not copy them.
 */
#ifndef RELAY_SINK_H
#define RELAY_SINK_H

#include "relay/common.h"
#include "relay/ledger.h"
#include "relay/options.h"
#include "relay/record.h"

typedef struct RelaySink RelaySink;

typedef enum RelayPut
{
	RELAY_PUT_DONE, /* the sink has it, or holds on to it */
	RELAY_PUT_LATER, /* full: serve the sink and try again */
	RELAY_PUT_FAILED /* sink->error says why */
} RelayPut;

/* What all sinks begin with. */
struct RelaySink
{
	const struct RelaySinkKind *kind;
	RelayLedger *ledger;
	RelayError error; /* stays once it is set */
	uint64_t delivered; /* records acknowledged, since the start */
	uint64_t delivered_bytes;
	uint64_t duplicates; /* records left out because the sink had them */
};

typedef struct RelaySinkKind
{
	const char *name;
	const char *help; /* lines for --help: the properties */

	/* Opens the sink with its properties; NULL and *error when that fails. */
	RelaySink *(*open)(const RelayOptions *options, RelayLedger *ledger, RelayError *error);

	/*
	 * Tells whose log the records are of, before the first one, and again after
	 * a new connection; NULL for sinks that do not compare positions.
	 */
	void (*identify)(RelaySink *sink, const char *system_id, uint32_t timeline);

	/* Takes a record of a batch, which relay_ledger_expect() counts only if it is taken. */
	RelayPut (*put)(RelaySink *sink, const RelayRecord *record, RelayBatch *batch);

	/*
	 * Does what is due: sends, receives, acknowledges.  "idle" when nothing more
	 * is there to be read now, so that what was collected should go out.  False
	 * when the sink failed.
	 */
	bool (*serve)(RelaySink *sink, bool idle);

	/* A descriptor that becomes readable when serve() has work, or -1. */
	int (*descriptor)(RelaySink *sink);

	/* When serve() is due at the latest, as relay_now() counts; INT64_MAX for never. */
	int64_t (*due)(RelaySink *sink);

	/*
	 * After an error with "retry" set: forgets all records in flight and starts
	 * again.  NULL for sinks whose errors are never of that kind.
	 */
	bool (*restart)(RelaySink *sink);

	/* For --check: can it be reached?  May write what it found to standard output. */
	bool (*probe)(RelaySink *sink);

	/* Its part of the metrics, or NULL. */
	void (*metrics)(RelaySink *sink, RelayBuf *out);

	/* Frees all; what is in flight is lost. */
	void (*close)(RelaySink *sink);

	size_t overhead; /* bytes that a record in flight needs besides its own */

	/* Options of the plugin unless told otherwise, name and value in turn, ended by NULL; or NULL. */
	const char *const *plugin_options;
} RelaySinkKind;

/* All sinks of this build, ended by NULL. */
extern const RelaySinkKind *const relay_sinks[];

/* By its name, or NULL with *error. */
extern const RelaySinkKind *relay_sink_find(const char *name, RelayError *error);

/* Prints all of them, and those that this build lacks, for --help. */
extern void relay_sinks_help(void);

/*
 * The sink's properties: fails for one that is not in the list, which is ended
 * by NULL.
 */
extern bool relay_sink_check_settings(const RelaySettings *settings, const char *sink, const char *const *known, RelayError *error);

/* For plugin_options: TRUNCATE is told, too. */
extern const char *const relay_sink_truncates[];

extern const RelaySinkKind relay_null_sink;
extern const RelaySinkKind relay_stdout_sink;
extern const RelaySinkKind relay_file_sink;
extern const RelaySinkKind relay_kafka_sink;
extern const RelaySinkKind relay_redis_sink;
extern const RelaySinkKind relay_memcached_sink;
extern const RelaySinkKind relay_search_sink;
extern const RelaySinkKind relay_http_sink;

#endif /* RELAY_SINK_H */
