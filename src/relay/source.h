/*
 * source.h
 *		The slot: connection (source.c), finding and making it (slot.c), replication
 *		protocol and confirmations (stream.c).
 *
 * The steps are those of PostgreSQL's own clients: connect, identify, find or
 * create the slot, start, receive, send status.  Connecting and commands wait
 * for the server; once the stream has started, nothing here does.
 */
#ifndef RELAY_SOURCE_H
#define RELAY_SOURCE_H

#include "relay/common.h"
#include "relay/options.h"

struct pg_conn;
struct pg_result;

typedef enum RelayReceived
{
	RELAY_RECEIVED_NOTHING, /* wait for the descriptor, then relay_source_read() */
	RELAY_RECEIVED_FRAME,
	RELAY_RECEIVED_KEEPALIVE,
	RELAY_RECEIVED_ERROR
} RelayReceived;

typedef enum RelaySlotStatus
{
	RELAY_SLOT_FIT,
	RELAY_SLOT_MISSING,
	RELAY_SLOT_LOST, /* it was invalidated: source->lost_reason says why */
	RELAY_SLOT_UNFIT /* or it could not be looked up: the error says why */
} RelaySlotStatus;

/* How long a slot lives that is created, and whether its snapshot is to be read. */
typedef enum RelaySlotKind
{
	RELAY_SLOT_PLAIN, /* as --temporary and --failover say, without a snapshot */
	RELAY_SLOT_EXPORTING, /* the same with a snapshot, good until the next command on the connection */
	RELAY_SLOT_STAND_IN /* temporary and with a snapshot, under a name of its own: see relay_slot_settle() */
} RelaySlotKind;

typedef struct RelayMessage
{
	char *data; /* to be freed with "release"; the frame begins at "frame" */
	void (*release)(void *data);
	const char *frame;
	size_t frame_len;
	uint64_t lsn; /* of a keepalive: all before it was sent */
} RelayMessage;

typedef struct RelaySource
{
	const RelayOptions *options;
	const char *const *plugin_options; /* the sink's, see sink.h */
	RelayError error;
	struct pg_conn *conn;
	bool streaming;

	/* the server, as of the first connection */
	bool known;
	char system_id[32];
	uint32_t timeline;
	char *database;
	int version;

	/* the slot */
	bool slot_seen; /* it existed: never create it again */
	bool slot_created; /* by us, now */
	uint64_t slot_lsn; /* what it has confirmed, as of the last look */
	char lost_reason[64];
	char stand_in[64]; /* name of the slot that stands in, or empty */
	char snapshot[64]; /* name of the snapshot that the new slot exported */

	int64_t sender_timeout_us; /* the server ends silent connections after that; 0: never */
	int64_t status_at; /* when a status was sent last */
	int64_t received_at; /* when anything was received last */
	int64_t waiting_since; /* for the answer to a request, or 0 */
	bool reply_requested; /* the server wants a status at once */
	uint64_t status_lsn; /* confirmed by the last status */
	uint64_t server_lsn; /* newest that the server told about */
	uint64_t reconnects;
} RelaySource;

extern void relay_source_init(RelaySource *source, const RelayOptions *options);

/* Connects and identifies the server, which must be the same as before. */
extern bool relay_source_connect(RelaySource *source);

/*
 * Runs a command and waits; NULL after an error, of which "what" is the
 * beginning.
 */
extern struct pg_result *relay_source_run(RelaySource *source, const char *what, const char *command);
/* The error of a result, by its SQLSTATE, or of the connection.  Both return false. */
extern bool relay_source_failed(RelaySource *source, const char *what, const struct pg_result *result);
extern bool relay_source_disconnected(RelaySource *source, const char *what);

/* slot.c: looks for the slot; sets slot_lsn when it is fit. */
extern RelaySlotStatus relay_slot_look(RelaySource *source);
/* Creates it; sets slot_lsn, and the snapshot's name. */
extern bool relay_slot_create(RelaySource *source, RelaySlotKind kind);
/* Makes the slot itself from the one that stands in, at the same position. */
extern bool relay_slot_settle(RelaySource *source);
/* Drops one that was invalidated. */
extern bool relay_slot_drop(RelaySource *source);
/* Errors for a slot that is missing, or lost, where it may not be made anew; both return false. */
extern bool relay_slot_missing(RelaySource *source);
extern bool relay_slot_lost(RelaySource *source);

/* Where the log ends, or what a standby has replayed. */
extern bool relay_source_end_of_log(RelaySource *source, uint64_t *lsn, bool *standby);

/* A position to reach: text is an LSN, or "current" for what is in the log now. */
extern bool relay_source_position(RelaySource *source, const char *text, uint64_t *lsn);

/* Starts to stream from a position. */
extern bool relay_source_start(RelaySource *source, uint64_t lsn);

/* Whether the user gave an option of the plugin, by either way of writing its name; else the sink's wish counts. */
extern bool relay_source_option_given(const RelaySettings *plugin, const char *name);

extern int relay_source_descriptor(const RelaySource *source);
/* Bytes wait to be sent. */
extern bool relay_source_sending(const RelaySource *source);

/* Reads and sends what can be without waiting. */
extern bool relay_source_read(RelaySource *source);
extern bool relay_source_flush(RelaySource *source);

/* The next whole message of what was read. */
extern RelayReceived relay_source_receive(RelaySource *source, RelayMessage *message);

/* Tells the server what is safe.  "request" asks it for an answer. */
extern bool relay_source_status(RelaySource *source, uint64_t received, uint64_t confirmed, bool request);

/* Longest time between two statuses that keeps the connection. */
extern int64_t relay_source_status_interval(const RelaySource *source);

/* Ends the stream in good order, within a time, so that the last status has arrived. */
extern void relay_source_end(RelaySource *source, int64_t timeout_us);

extern void relay_source_close(RelaySource *source);
extern void relay_source_free(RelaySource *source);

#endif /* RELAY_SOURCE_H */
