/*
 * session.h
 *		State of one client that reads one slot.
 *
 * Reached from ctx->output_plugin_private; lives in the decoding context's
 * memory and goes with it, also after an error.
 */
#ifndef CDC_SESSION_H
#define CDC_SESSION_H

#include "replication/logical.h"
#include "replication/output_plugin.h"

#include "compat.h"
#include "event/event.h"
#include "event/record.h"
#include "event/setup.h"
#include "options/options.h"
#include "table/own.h"
#include "table/table.h"

/* The message being put together; see message.c. */
typedef struct CdcMessage
{
	CdcRecordWriter writer;
	uint32 records;
	XLogRecPtr lsn; /* of the callback that wrote the last record */
} CdcMessage;

/* The transaction being sent: one at a time, as they committed. */
typedef struct CdcTransaction
{
	bool published; /* has a change that pgoutput would send */
	bool announced; /* BEGIN record was written */
	bool rendered; /* source has been rendered */
	bool emitted; /* a message was written */
	CdcSource source;
	XLogRecPtr end_lsn;
	CdcOriginId origin_id;
	uint32 seq; /* number of the last change delivered */
	int64 total_order; /* records that count, so far */
	int64 messages; /* among them logical messages */
	int skipped; /* callbacks since progress was last reported */
	CdcContext context; /* headers of all its records from here on */
	HTAB *collections; /* counts by collection, with transaction metadata */
} CdcTransaction;

/* Rows of incremental snapshots; see incremental.c. */
typedef struct CdcIncremental
{
	bool token_known; /* the transaction at hand has announced one */
	char token[CDC_TOKEN_SIZE];
	bool rendered; /* source has been rendered for the transaction at hand */
	CdcSource source;
} CdcIncremental;

typedef struct CdcSession
{
	LogicalDecodingContext *ctx;
	MemoryContext mcxt; /* for the session */
	MemoryContext change_mcxt; /* reset after every callback */
	CdcSetup setup;
	bool ready; /* what needs the catalog was looked up */
	CdcTables *tables;
	CdcMessage message;
	size_t held; /* bytes in libpq's buffer, see send.c */
	CdcTransaction txn;
	CdcIncremental incremental;
	bool logged_malformed; /* a message of our own that cannot be read */
	char run_id[CDC_RUN_ID_SIZE];
	XLogRecPtr last_commit; /* "sequence": end of the last transaction sent */
} CdcSession;

/* session.c */
extern CdcSession *cdc_session_create(LogicalDecodingContext *ctx, CdcOptions *options);
extern void cdc_session_ready(CdcSession *session); /* looks up what needs a transaction; once */
extern void cdc_session_report(CdcSession *session);

/* message.c */
extern void cdc_message_init(CdcSession *session);
extern size_t cdc_message_record(CdcSession *session, CdcRecord *record); /* appends it; its size */
extern void cdc_message_flush(CdcSession *session, bool ends_transaction);

/* send.c */
extern void cdc_send(CdcSession *session, bool more);

/* transaction.c */
extern void cdc_transaction_published(CdcSession *session, ReorderBufferTXN *txn, XLogRecPtr lsn);
extern const CdcSource *cdc_transaction_source(CdcSession *session);
extern const CdcBlock *cdc_transaction_block(CdcSession *session, CdcBlock *block, XLogRecPtr lsn, const char *collection);
extern void cdc_transaction_progress(CdcSession *session);

/* incremental.c */
extern void cdc_incremental_begin(CdcSession *session); /* a transaction begins */
extern void cdc_incremental_token(CdcSession *session, const CdcTable *table, Relation relation, ReorderBufferChange *change);
extern void cdc_incremental_message(CdcSession *session, XLogRecPtr lsn, const char *content, Size size);

/* own_message.c: false when the prefix is of no such message */
extern bool cdc_own_message(CdcSession *session, XLogRecPtr lsn, bool transactional, const char *prefix, Size size, const char *content);

/* the callbacks */
extern void cdc_begin_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn);
extern void cdc_commit_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr commit_lsn);
extern void cdc_change_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, Relation relation, ReorderBufferChange *change);
extern void cdc_truncate_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, int nrelations, Relation relations[],
							ReorderBufferChange *change);
extern void cdc_message_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr message_lsn, bool transactional,
						   const char *prefix, Size size, const char *content);

#endif /* CDC_SESSION_H */
