/*
 * snapshot.h
 *		Rows that are there already: read by several sessions, chunk by chunk,
 *		before the stream starts.
 *
 * One connection, the coordinator, holds locks on all tables and a snapshot,
 * which the other sessions share; it reads, too.  What is read, and what of it
 * the sink has safe, is counted by job (a chunk of a table).  When the
 * coordinator's connection breaks, or the program starts again, what is not
 * finished is read under a later snapshot: that is allowed, because the stream
 * then repeats all changes since the slot's position.
 *
 * snapshot_plan.c takes the snapshot and makes the jobs, snapshot_read.c runs
 * the sessions, snapshot_mark.c marks first and last rows.
 */
#ifndef RELAY_SNAPSHOT_H
#define RELAY_SNAPSHOT_H

#include "relay/common.h"
#include "relay/options.h"
#include "relay/source.h"
#include "relay/state.h"

struct pg_conn;
struct pg_result;
struct RelayJob;

/* Which slot the stream after the snapshot comes from. */
typedef enum RelaySnapshotSlot
{
	RELAY_SNAPSHOT_NO_SLOT, /* no stream follows */
	RELAY_SNAPSHOT_HAS_SLOT, /* one that is there */
	RELAY_SNAPSHOT_NEW_SLOT, /* one that is to be created, with this snapshot */
	RELAY_SNAPSHOT_STAND_IN /* the same; until the end, a temporary one stands in */
} RelaySnapshotSlot;

/* A record on its way to the sink. */
typedef struct RelayRow
{
	struct RelayRow *next;
	char *data; /* to be freed with "release" */
	void (*release)(void *data);
	const char *frame;
	size_t frame_len;
	struct RelayJob *job;
	bool first; /* of its table */
} RelayRow;

/* A table, or a partition of one. */
typedef struct RelaySnapshotTable
{
	uint32_t oid;
	uint32_t file;
	char *name; /* as SQL has it, with its schema */
	bool has_toast; /* values are kept out of line */
	bool begun; /* a row of it has been read, now or in a former attempt */
	bool first; /* in the order of the snapshot */
	int unread; /* jobs that have not been read */
	RelayRow *held; /* last row that was read, until it is known whether another one follows */
} RelaySnapshotTable;

/* A chunk to be read. */
typedef struct RelayJob
{
	RelaySnapshotTable *table;
	RelayRange range;
	bool sweep; /* only rows that are newer than the first attempt: see snapshot_plan.c */
	bool coordinator_only; /* somebody waits for a lock that would hold up the others */
	bool busy; /* being read */
	bool read; /* to its end */
	bool finished; /* and all its rows are safe */
	int64_t estimate; /* of its rows */
	int64_t rows; /* read so far */
	uint64_t unsafe; /* rows that the sink has not acknowledged */
} RelayJob;

/* A connection that reads. */
typedef struct RelaySession
{
	struct pg_conn *conn;
	RelayJob *job; /* being read, or NULL */
	bool in_transaction;
	bool copying; /* rows are coming */
	bool has_header; /* of the copy's format */
	bool copied; /* the job's rows have all come */
	bool waiting; /* for the server; otherwise, reading on would only fill libpq's buffer */
	int stage; /* commands that have succeeded of those sent with the job */
	int lock_stage; /* number of the one that locks */
	int jobs; /* read in this transaction */
	int64_t retry_at; /* without a connection: when to open it again */
} RelaySession;

typedef struct RelaySnapshot
{
	const RelayOptions *options;
	RelaySource *source;
	RelayState *state;
	RelayError error;

	bool active; /* it is to be taken, or being taken */
	bool open; /* an attempt is going on */
	bool fresh_slot; /* the slot is new and has exported a snapshot */
	RelaySnapshotSlot slot;

	/* the attempt */
	char name[64]; /* of the snapshot, for the sessions */
	char *options_sql; /* of read_frame(), as an array */
	RelaySession session[RELAY_MAX_SNAPSHOT_JOBS]; /* the first one is the coordinator */
	int sessions;
	int turn; /* session to be asked next */
	RelaySnapshotTable *table;
	int ntables;
	RelayJob *job;
	int njobs;
	int next; /* all jobs before it are being read or have been */
	int unread;
	int unfinished;
	int reserved; /* jobs for the coordinator that are not being read */
	int64_t source_checked_at;

	/* rows that may go to the sink, in order; and the last one of a table that ended */
	RelayRow *ready;
	RelayRow *ready_last;
	RelayRow *candidate;

	/* since the start */
	int64_t started_at; /* 0: not yet */
	int64_t ended_at; /* 0: not yet */
	uint64_t rows;
	uint64_t rows_before; /* read by attempts before this one */
	int64_t estimate; /* of all rows of the attempt */
	int tables_left;
	uint64_t attempts;
} RelaySnapshot;

extern void relay_snapshot_init(RelaySnapshot *snapshot, const RelayOptions *options, RelaySource *source, RelayState *state);
extern void relay_snapshot_free(RelaySnapshot *snapshot);

/* Begins an attempt: slot, locks, snapshot, jobs.  Waits for the server. */
extern bool relay_snapshot_open(RelaySnapshot *snapshot);

/* Ends the attempt.  Jobs live on, for the ledger, until the next one begins. */
extern void relay_snapshot_abandon(RelaySnapshot *snapshot);

/* The next row for the sink; its job goes with it. */
extern RelayReceived relay_snapshot_receive(RelaySnapshot *snapshot, RelayMessage *message, RelayJob **job);

/* A row has been acknowledged. */
extern void relay_snapshot_acknowledged(RelaySnapshot *snapshot, RelayJob *job);

/* All rows have been. */
extern bool relay_snapshot_complete(const RelaySnapshot *snapshot);
/* Then: settles the slot and the state.  Waits for the server. */
extern bool relay_snapshot_finish(RelaySnapshot *snapshot);

/* Descriptors to poll, at most RELAY_MAX_SNAPSHOT_JOBS; and afterwards takes what has come on them. */
struct pollfd;
extern int relay_snapshot_poll(const RelaySnapshot *snapshot, struct pollfd *fds);
extern void relay_snapshot_polled(RelaySnapshot *snapshot, const struct pollfd *fds, int n);
/* When relay_snapshot_receive() has something to do without news from a descriptor. */
extern int64_t relay_snapshot_due(const RelaySnapshot *snapshot);

/* ---------- between the files ---------- */

/* snapshot_plan.c: takes the snapshot on the coordinator and makes the jobs. */
extern bool relay_snapshot_plan(RelaySnapshot *snapshot);
/* An ordinary connection with our settings; NULL after an error. */
extern struct pg_conn *relay_snapshot_connect(RelaySnapshot *snapshot);
/* The error of a command on one of them; returns false. */
extern bool relay_snapshot_failed(RelaySnapshot *snapshot, struct pg_conn *conn, const char *what, const struct pg_result *result);

/* snapshot_read.c: the attempt's sessions. */
extern RelayReceived relay_session_receive(RelaySnapshot *snapshot, RelaySession *session);
extern void relay_session_close(RelaySession *session);

/* snapshot_mark.c: a row was read; all of a table were; all of all. */
extern void relay_mark_row(RelaySnapshot *snapshot, RelayRow *row);
extern void relay_mark_table_end(RelaySnapshot *snapshot, RelaySnapshotTable *table);
extern void relay_mark_end(RelaySnapshot *snapshot);
extern void relay_row_free(RelayRow *row);
/* Puts another value into the event's source.snapshot, which is "true"; false if it is not there. */
extern bool relay_mark(RelayRow *row, const char *value);

#endif /* RELAY_SNAPSHOT_H */
