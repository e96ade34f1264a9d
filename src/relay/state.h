/*
 * state.h
 *		What the slot alone cannot tell: whose positions these are, how far the
 *		snapshot came, and what the sink has safe.
 *
 * A document of JSON, kept in a file or in a compacted topic of Kafka
 * (--state).  What is in it is written before it is needed: that a slot is
 * about to be created before it is, a position before it is confirmed to the
 * server.  So the slot is never ahead of the state, unless another program
 * moved it.
 *
 *	{"version":1,"checksum":"<crc32 of state>","state":{
 *		"system_identifier":"7412…","timeline":1,"database":"shop","slot":"orders",
 *		"phase":"creating|snapshot|streaming|finished",
 *		"acknowledged":"0/1A2B3C4",
 *		"snapshot":{"lsn":"0/1A2B3C4","txid":"742","ts":"2026-…","xmin":"740",
 *			"tables":[[oid,file,[from,to],[from,null]],…]}}}
 *
 * Without --state (and without a sink that brings it) the struct serves all
 * the same, and nothing is written.
 */
#ifndef RELAY_STATE_H
#define RELAY_STATE_H

#include "relay/common.h"
#include "relay/options.h"

#define RELAY_STATE_VERSION 1

/* end of a table's last range: blocks that are yet to come are in it */
#define RELAY_STATE_NO_END UINT32_MAX

typedef enum RelayPhase
{
	RELAY_PHASE_CREATING, /* the slot is about to be created; nothing was delivered */
	RELAY_PHASE_SNAPSHOT, /* the slot is there, the snapshot is not finished */
	RELAY_PHASE_STREAMING, /* there is none to be finished */
	RELAY_PHASE_FINISHED /* a snapshot that nothing follows (initial_only) is */
} RelayPhase;

/* Blocks of a table: from, and up to but without to. */
typedef struct RelayRange
{
	uint32_t from;
	uint32_t to;
} RelayRange;

/* What of a table's snapshot is safe in the sink. */
typedef struct RelayStateTable
{
	uint32_t oid;
	uint32_t file; /* its relfilenode: in another one, rows lie elsewhere */
	RelayRange *range; /* in order, apart from each other */
	int n;
} RelayStateTable;

/* Where the document is kept: a file, or a topic. */
typedef struct RelayStore
{
	const struct RelayStoreKind *kind;
	char *name; /* for messages: file "x", topic "y" */
} RelayStore;

typedef enum RelayStored
{
	RELAY_STORED, /* all that was written is safe */
	RELAY_STORING,
	RELAY_STORE_FAILED
} RelayStored;

typedef struct RelayStoreKind
{
	/* The document, to be freed; NULL without an error when there is none.  Waits. */
	char *(*read)(RelayStore *store, size_t *len, RelayError *error);
	/* Replaces it; may go on in the background.  Only one at a time. */
	bool (*write)(RelayStore *store, const char *text, size_t len, RelayError *error);
	/* How that is going. */
	RelayStored (*serve)(RelayStore *store, RelayError *error);
	/* A descriptor that becomes readable when serve() has news, or -1. */
	int (*descriptor)(RelayStore *store);
	void (*close)(RelayStore *store);
} RelayStoreKind;

typedef struct RelayState
{
	RelayStore *store; /* NULL: nothing is kept */
	RelayError error;
	bool loaded; /* it was looked for */
	bool found; /* and there was one */

	/* whose positions these are; empty, 0 and NULL until they are known */
	char system_id[32];
	uint32_t timeline;
	char *database;
	char *slot;

	RelayPhase phase;
	uint64_t acked_lsn; /* everything before it is safe in the sink */

	/* the snapshot: where the stream goes on after it, and what all its rows tell */
	uint64_t snapshot_lsn;
	char snapshot_txid[24]; /* or empty */
	char snapshot_ts[64];
	char snapshot_xmin[24]; /* 64 bits; transactions from it on may be missing in finished ranges */
	RelayStateTable *table;
	int ntables;
	int tables_cap;

	/* writing */
	bool changed; /* since the last write began */
	bool writing;
	uint64_t written_lsn; /* acked_lsn of the write that is going on */
	uint64_t saved_lsn; /* acked_lsn of the newest one that is safe: may be confirmed to the server */
	int64_t written_at;
} RelayState;

/* Chooses where the state is kept; false with *error for wrong options. */
extern bool relay_state_open(RelayState *state, const RelayOptions *options, RelayError *error);
extern void relay_state_close(RelayState *state);

/* Reads it, once.  A damaged one, or one of another slot, is an error that tells the ways out. */
extern bool relay_state_load(RelayState *state, const RelayOptions *options);

/*
 * Compares with the cluster that answers.  Another one, or another timeline, is
 * an error unless --accept-cluster names it; *moved tells that it was accepted,
 * so that positions of before mean nothing.  Takes the names of an empty state.
 */
extern bool relay_state_check_cluster(RelayState *state, const RelayOptions *options, const char *system_id, uint32_t timeline,
									  const char *database, bool *moved);

/* Begins to write it if it has changed and nothing is being written. */
extern bool relay_state_save(RelayState *state);
/* Writes it and waits until it is safe, until a time (as relay_now() counts) or the next signal to stop. */
extern bool relay_state_save_now(RelayState *state, int64_t deadline);
/* Takes news about what is being written. */
extern bool relay_state_serve(RelayState *state);
extern int relay_state_descriptor(const RelayState *state);

/* Everything before a position is safe in the sink. */
extern void relay_state_acknowledge(RelayState *state, uint64_t lsn);
/* The position that may be confirmed to the server, of what the sink has acknowledged. */
extern uint64_t relay_state_confirmable(const RelayState *state, uint64_t acked_lsn);

/* Forgets what a former snapshot did. */
extern void relay_state_forget_snapshot(RelayState *state);
/* A range of a table's file is safe. */
extern void relay_state_finish_range(RelayState *state, uint32_t oid, uint32_t file, RelayRange range);
/* What of the table's file is; NULL for nothing, also when the file is another one now. */
extern const RelayStateTable *relay_state_table(const RelayState *state, uint32_t oid, uint32_t file);

/* The document and back.  Bytes of any kind may come; what is damaged is an error. */
extern void relay_state_render(const RelayState *state, RelayBuf *buf);
extern bool relay_state_parse(RelayState *state, const char *text, size_t len, RelayError *error);

/* Hint of errors after which positions are not known: the two ways out. */
extern void relay_state_ways_out(const RelayState *state, RelayError *error);

/* state_file.c: a file, replaced as a whole. */
extern RelayStore *relay_state_file(const char *path, RelayError *error);
/* kafka_state.c: a topic, one record for each database and slot. */
extern RelayStore *relay_state_kafka(const char *topic, const RelayOptions *options, RelayError *error);

#endif /* RELAY_STATE_H */
