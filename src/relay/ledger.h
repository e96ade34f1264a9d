/*
 * ledger.h
 *		What has been read and is not yet safe in the sink, and so the position
 *		that may be confirmed to the server.
 *
 * The unit is the message that came from the server (a batch of records).  It
 * owns the bytes, which the records handed to the sink point into, and so
 * lives until the sink has acknowledged each of them.  Batches leave in the
 * order in which they came; the confirmed position is the end of the newest
 * transaction such that it and all before it have left.
 */
#ifndef RELAY_LEDGER_H
#define RELAY_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct RelayLedger RelayLedger;

typedef struct RelayBatch
{
	struct RelayBatch *next; /* that came after this one */
	RelayLedger *ledger;
	char *data; /* the message's bytes */
	void (*release)(void *data); /* frees them, or NULL */
	size_t bytes; /* what counts as in flight for it */
	uint64_t end_lsn; /* end of its transaction */
	bool ends_transaction; /* has the last record of it */
	bool closed; /* all its records were handed to the sink */
	uint32_t pending; /* records handed over and not acknowledged */
	int64_t opened_at; /* relay_now() when it came */
	int64_t commit_us; /* commit time of its transaction, 0 when not known */
	void *job; /* the part of a snapshot that it belongs to, or NULL */
} RelayBatch;

struct RelayLedger
{
	RelayBatch *first; /* oldest batch in flight */
	RelayBatch *last;
	size_t bytes; /* in flight */
	uint64_t records; /* in flight */
	uint64_t open_lsn; /* end of the transaction of which more is to come, or 0 */
	uint64_t received_lsn; /* all before it has been read */
	uint64_t confirmed_lsn; /* may be told to the server */
	uint64_t transactions; /* acknowledged so far */
	int64_t acked_commit_us; /* commit time of the last of them */
	void (*on_leave)(void *context, const RelayBatch *batch); /* as each batch leaves, or NULL */
	void *context;
};

/* Starts, or starts again, from a position: everything before it is safe. */
extern void relay_ledger_init(RelayLedger *ledger, uint64_t confirmed_lsn);

/*
 * A message came.  The batch owns "data" from now on.  "bytes" counts against
 * the limit of bytes in flight and includes what the sink needs besides.
 */
extern RelayBatch *relay_ledger_open(RelayLedger *ledger, char *data, void (*release)(void *data), size_t bytes,
									 uint64_t end_lsn, bool ends_transaction);

/* One of its records goes to the sink. */
extern void relay_ledger_expect(RelayBatch *batch);

/* All of its records have gone to the sink.  The batch may be gone afterwards. */
extern void relay_ledger_close(RelayBatch *batch);

/* The sink has one of its records for good.  The batch may be gone afterwards. */
extern void relay_ledger_acknowledge(RelayBatch *batch);

/* The sink has all records that it was given for good. */
extern void relay_ledger_acknowledge_all(RelayLedger *ledger);

/*
 * The server says that it has sent all before this position: moves the
 * confirmed one only while nothing is in flight, and no transaction is half read.
 */
extern void relay_ledger_keepalive(RelayLedger *ledger, uint64_t lsn);

/* Nothing is in flight. */
extern bool relay_ledger_empty(const RelayLedger *ledger);

/*
 * Forgets what is in flight, which the server sends again from the confirmed
 * position.  The sink must have forgotten it before.
 */
extern void relay_ledger_forget(RelayLedger *ledger);

#endif /* RELAY_LEDGER_H */
