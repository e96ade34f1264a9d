/*
 * logical_message.c
 *		pg_logical_emit_message: transactional or not.
 *
 * A walsender calls back for a message outside transactions without a
 * transaction of its own, at any time, also as the first thing of a session:
 * whatever needs the catalog then gets a transaction here.
 */
#include "postgres.h"

#include <time.h>

#include "access/xact.h"
#include "utils/memutils.h"

#include "plugin/session.h"
#include "table/image.h"

/* Written at intervals so that a quiet database's slot moves on. */
#define HEARTBEAT_PREFIX "cdc_json.heartbeat"

static void
write_key(CdcBuf *buf, CdcSession *session, CdcRecord *record)
{
	cdc_message_key(buf, &session->setup.constants, record->prefix);
}

static void
write_value(CdcBuf *buf, CdcSession *session, CdcRecord *record)
{
	cdc_message_value(buf, &session->setup.constants, cdc_transaction_source(session), record->lsn, record->block,
					  record->prefix, record->content.data, record->content.len);
}

static bool
passes_filter(const CdcOptions *options, const char *prefix)
{
	if (options->message_prefix_include)
		return cdc_patterns_match(options->message_prefix_include, prefix);
	return !options->message_prefix_exclude || !cdc_patterns_match(options->message_prefix_exclude, prefix);
}

static void
init_record(CdcRecord *record, CdcSession *session, XLogRecPtr lsn, const char *prefix, Size size, const char *content)
{
	memset(record, 0, sizeof(*record));
	record->lsn = lsn;
	record->kind = 'm';
	record->topic = session->setup.constants.message_topic;
	record->has_key = record->has_value = true;
	record->write_key = write_key;
	record->write_value = write_value;
	record->key_schema = session->setup.constants.message_key_schema;
	record->value_schema = session->setup.constants.message_value_schema;
	record->prefix = cdc_utf8_cstring(prefix);
	record->context = &session->txn.context;
	record->content.data = content;
	record->content.len = size;
}

static void
emit_transactional(CdcSession *session, ReorderBufferTXN *txn, XLogRecPtr lsn, const char *prefix, Size size, const char *content)
{
	CdcRecord record;
	CdcBlock block;

	cdc_transaction_published(session, txn, lsn);
	if (!passes_filter(session->setup.options, prefix))
		return;
	init_record(&record, session, lsn, prefix, size, content);
	record.position.lsn = session->txn.end_lsn;
	record.position.seq = session->txn.seq;
	record.block = cdc_transaction_block(session, &block, lsn, NULL);
	cdc_message_record(session, &record);
}

/*
 * Outside transactions: no transaction id, the time and origin of the
 * transaction before, or the clock as long as there was none, and "sequence"
 * starts from the message itself, for it and for what follows.
 */
static void
emit_nontransactional(CdcSession *session, XLogRecPtr lsn, const char *prefix, Size size, const char *content)
{
	CdcSource *source = &session->txn.source;
	bool no_commit_yet = source->time_us == 0;
	CdcRecord record;

	session->last_commit = lsn;
	source->xid = InvalidTransactionId;
	if (no_commit_yet)
	{
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		source->time_us = (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000;
		source->nanoseconds = now.tv_nsec % 1000;
	}
	session->txn.rendered = false;
	if (passes_filter(session->setup.options, prefix))
	{
		init_record(&record, session, lsn, prefix, size, content);
		record.position.lsn = lsn;
		cdc_message_record(session, &record);
		cdc_message_flush(session, true);
	}
	session->txn.rendered = false;
	if (no_commit_yet)
		source->time_us = source->nanoseconds = 0;
}

void
cdc_message_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr message_lsn, bool transactional,
			   const char *prefix, Size size, const char *content)
{
	CdcSession *session = ctx->output_plugin_private;
	MemoryContext old = MemoryContextSwitchTo(session->change_mcxt);
	bool own_transaction = false;

	if (transactional)
		session->txn.seq++;
	if (transactional && strcmp(prefix, CDC_SNAPSHOT_PREFIX) == 0)
		cdc_incremental_message(session, message_lsn, content, size);
	else if (cdc_own_message(session, message_lsn, transactional, prefix, size, content))
		;
	else if (strncmp(prefix, CDC_RESERVED_PREFIX, strlen(CDC_RESERVED_PREFIX)) == 0)
	{
		if (strcmp(prefix, HEARTBEAT_PREFIX) != 0)
			session->setup.counters.messages_dropped++;
	}
	else
	{
		if (!session->ready && !IsTransactionState())
		{
			StartTransactionCommand();
			own_transaction = true;
			MemoryContextSwitchTo(session->change_mcxt);
		}
		cdc_session_ready(session);
		if (own_transaction)
		{
			AbortCurrentTransaction();
			MemoryContextSwitchTo(session->change_mcxt);
		}
		if (transactional)
			emit_transactional(session, txn, message_lsn, prefix, size, content);
		else
			emit_nontransactional(session, message_lsn, prefix, size, content);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_mcxt);
}
