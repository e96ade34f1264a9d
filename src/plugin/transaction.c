/*
 * transaction.c
 *		Begin and commit, and what the events of a transaction share.
 *
 * One transaction is sent at a time, whole and in commit order.  Nothing is
 * written for one that has no change of a published table.
 */
#include "postgres.h"

#include "replication/origin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "frame.h"
#include "plugin/session.h"

#define EPOCH_DIFFERENCE (((int64) POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* As many callbacks without output as pgoutput lets pass before it reports progress. */
#define PROGRESS_INTERVAL 100

/* Count of a collection's events; the key is the name, which the table's description may outlive. */
typedef struct CollectionEntry
{
	char name[2 * NAMEDATALEN * 4];
	int64 count;
	int order; /* of appearance */
} CollectionEntry;

/* In the session's memory; NULL if the origin was dropped. */
static const char *
origin_name(CdcSession *session, CdcOriginId origin_id)
{
	char *name;

	if (!replorigin_by_oid(origin_id, true, &name))
		return NULL;
	return MemoryContextStrdup(session->mcxt, cdc_utf8_cstring(name));
}

/* The origin's name stays until the next transaction begins: messages outside transactions show it. */
static void
set_origin(CdcSession *session, ReorderBufferTXN *txn)
{
	CdcSource *source = &session->txn.source;

	session->txn.origin_id = txn->origin_id;
	if (source->origin)
		pfree(unconstify(char *, source->origin));
	source->origin = NULL;
	source->origin_lsn = txn->origin_lsn;
	if (txn->origin_id != CDC_INVALID_ORIGIN)
	{
		cdc_session_ready(session);
		source->origin = origin_name(session, txn->origin_id);
	}
}

void
cdc_begin_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	CdcSession *session = ctx->output_plugin_private;
	MemoryContext old = MemoryContextSwitchTo(session->change_mcxt);
	CdcTransaction *t = &session->txn;

	t->published = t->announced = t->rendered = t->emitted = false;
	t->seq = 0;
	t->skipped = 0;
	t->total_order = t->messages = 0;
	t->context.count = 0;
	t->end_lsn = txn->end_lsn;
	t->source.time_us = cdc_commit_time(txn) + EPOCH_DIFFERENCE;
	t->source.nanoseconds = 0;
	t->source.xid = cdc_top_transaction(txn)->xid;
	set_origin(session, txn);
	cdc_incremental_begin(session);
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_mcxt);
}

/*
 * The source struct of the current transaction's events, rendered at the first
 * of them and again after a message outside transactions moved last_commit.
 */
const CdcSource *
cdc_transaction_source(CdcSession *session)
{
	CdcTransaction *t = &session->txn;

	if (!t->rendered)
	{
		MemoryContext old = MemoryContextSwitchTo(session->mcxt);

		t->source.last_commit = session->last_commit;
		cdc_source_render(&t->source, &session->setup.constants);
		t->rendered = true;
		MemoryContextSwitchTo(old);
	}
	return &t->source;
}

static void
write_begin(CdcBuf *buf, CdcSession *session, CdcRecord *record)
{
	cdc_transaction_begin(buf, &session->setup.constants, session->txn.source.xid, record->lsn, session->txn.source.time_us);
}

static void
write_transaction_key(CdcBuf *buf, CdcSession *session, CdcRecord *record)
{
	cdc_transaction_key(buf, &session->setup.constants, session->txn.source.xid, record->lsn);
}

static void
transaction_record(CdcSession *session, char kind, XLogRecPtr lsn, uint32 seq,
				   void (*write_value)(CdcBuf *buf, CdcSession *session, CdcRecord *record))
{
	CdcRecord record = {0};

	record.position.lsn = session->txn.end_lsn;
	record.position.seq = seq;
	record.lsn = lsn;
	record.kind = kind;
	record.topic = session->setup.constants.transaction_topic;
	record.has_key = record.has_value = true;
	record.write_key = write_transaction_key;
	record.write_value = write_value;
	record.key_schema = session->setup.constants.transaction_key_schema;
	record.value_schema = session->setup.constants.transaction_value_schema;
	cdc_message_record(session, &record);
}

/*
 * A change that pgoutput would send was delivered: the transaction counts, and
 * its BEGIN is due, whether or not our filters let the change through.  Its
 * LSN is the change's, but 0 with a replication origin: the server sends the
 * position only with the last message of a group.
 */
void
cdc_transaction_published(CdcSession *session, ReorderBufferTXN *txn, XLogRecPtr lsn)
{
	CdcTransaction *t = &session->txn;

	t->published = true;
	if (t->announced || !session->setup.options->provide_transaction_metadata)
		return;
	t->announced = true;
	transaction_record(session, CDC_FRAME_BEGIN, t->origin_id != CDC_INVALID_ORIGIN ? InvalidXLogRecPtr : lsn, 0, write_begin);
}

static HTAB *
create_collections(CdcSession *session)
{
	HASHCTL ctl = {0};

	ctl.keysize = sizeof(((CollectionEntry *) 0)->name);
	ctl.entrysize = sizeof(CollectionEntry);
	ctl.hcxt = session->mcxt;
	return hash_create("cdc_json collections", 32, &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

/*
 * The "transaction" block of the next event, and NULL without transaction
 * metadata.  "collection" is NULL for a logical message, which Debezium counts
 * as a collection of its own.
 */
const CdcBlock *
cdc_transaction_block(CdcSession *session, CdcBlock *block, XLogRecPtr lsn, const char *collection)
{
	CdcTransaction *t = &session->txn;

	if (!session->setup.options->provide_transaction_metadata)
		return NULL;
	block->xid = t->source.xid;
	block->lsn = lsn;
	block->total_order = ++t->total_order;
	block->data_collection_order = 1;
	if (collection)
	{
		bool found;
		CollectionEntry *entry;

		if (!t->collections)
			t->collections = create_collections(session);
		entry = hash_search(t->collections, collection, HASH_ENTER, &found);
		if (!found)
		{
			entry->count = 0;
			entry->order = hash_get_num_entries(t->collections);
		}
		block->data_collection_order = ++entry->count;
	}
	else
		t->messages++;
	return block;
}

static int
compare_order(const void *a, const void *b)
{
	const CollectionEntry *x = *(CollectionEntry *const *) a;
	const CollectionEntry *y = *(CollectionEntry *const *) b;

	return x->order - y->order;
}

/*
 * Debezium's entry of a logical message in END is the identity string of a
 * Java object, another one for each message; here it is the same without the
 * object's hash.
 */
#define MAX_MESSAGES 100000 /* entries of messages in END; they would not fit otherwise */
#define MESSAGE_COLLECTION "io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId"

static void
write_end(CdcBuf *buf, CdcSession *session, CdcRecord *record)
{
	CdcTransaction *t = &session->txn;
	int tables = t->collections ? hash_get_num_entries(t->collections) : 0;
	CdcCollectionCount *counts = palloc(sizeof(CdcCollectionCount) * (tables + Min(t->messages, MAX_MESSAGES) + 1));
	int n = 0;

	if (tables > 0)
	{
		CollectionEntry **entries = palloc(sizeof(CollectionEntry *) * tables);
		CollectionEntry *entry;
		HASH_SEQ_STATUS status;

		hash_seq_init(&status, t->collections);
		while ((entry = hash_seq_search(&status)) != NULL)
			entries[n++] = entry;
		qsort(entries, n, sizeof(CollectionEntry *), compare_order);
		for (int i = 0; i < n; i++)
		{
			counts[i].collection = entries[i]->name;
			counts[i].count = entries[i]->count;
		}
	}
	for (int i = 0; i < Min(t->messages, MAX_MESSAGES); i++)
	{
		counts[n].collection = MESSAGE_COLLECTION;
		counts[n++].count = 1;
	}
	cdc_transaction_end(buf, &session->setup.constants, t->source.xid, record->lsn, t->source.time_us, t->total_order, counts, n);
}

/* On servers that leave it to the plugin: says now and then that a transaction is being skipped. */
void
cdc_transaction_progress(CdcSession *session)
{
#if !CDC_SERVER_REPORTS_PROGRESS
	if (++session->txn.skipped >= PROGRESS_INTERVAL)
	{
		session->txn.skipped = 0;
		OutputPluginUpdateProgress(session->ctx, false);
	}
#endif
}

void
cdc_commit_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr commit_lsn)
{
	CdcSession *session = ctx->output_plugin_private;
	CdcTransaction *t = &session->txn;
	MemoryContext old = MemoryContextSwitchTo(session->change_mcxt);

	OutputPluginUpdateProgress(ctx, session->message.records == 0 && !t->emitted);
	if (t->announced)
		transaction_record(session, CDC_FRAME_END, t->end_lsn, PG_UINT32_MAX, write_end);
	cdc_message_flush(session, true);
	if (t->published)
		session->last_commit = t->end_lsn;
	if (t->collections)
	{
		hash_destroy(t->collections);
		t->collections = NULL;
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_mcxt);
}
