/*
 * change.c
 *		The life of a change: from the server's callback to its records.
 *
 * An insert is one record, a delete two (with its tombstone), an update one,
 * or three when it changes the key: delete and tombstone of the old key, then
 * create of the new one (RelationalChangeRecordEmitter).
 *
 * Nothing here may raise an error because of what a row holds: the slot would
 * stop there for ever.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "frame.h"
#include "plugin/session.h"

/* What the records of one change have in common. */
typedef struct Change
{
	CdcSession *session;
	CdcTable *table;
	CdcRow old;
	CdcRow new;
	bool has_old;
	bool has_new;
	XLogRecPtr lsn;
	uint32 part; /* of the next record */
} Change;

static void
write_key(CdcBuf *buf, CdcSession *session, CdcRecord *record)
{
	cdc_event_key(buf, record->event->table, record->key_row, &session->setup.counters);
}

static void
write_value(CdcBuf *buf, CdcSession *session, CdcRecord *record)
{
	cdc_event_value(buf, record->event, &session->setup.counters, &record->before, &record->after, &record->result);
}

/* Starts a record about the change; "row" holds its key. */
static void
init_record(CdcRecord *record, CdcEvent *event, Change *change, char kind, const CdcRow *row)
{
	const CdcTemplate *template = change->table->template;

	memset(record, 0, sizeof(*record));
	memset(event, 0, sizeof(*event));
	record->position.lsn = change->session->txn.end_lsn;
	record->position.seq = change->session->txn.seq;
	record->position.part = change->part++;
	record->lsn = change->lsn;
	record->kind = kind;
	record->topic = change->table->topic;
	record->topic_json = &template->topic;
	record->key_row = row;
	record->has_key = row && change->table->nkey > 0;
	record->write_key = write_key;
	record->write_value = write_value;
	record->key_schema = template->key_schema;
	record->value_schema = template->value_schema;
	record->data_change = true;
	record->event = event;
	event->table = change->table;
	event->op = kind;
	event->lsn = change->lsn;
	event->source = &change->session->txn.source;
	record->context = &change->session->txn.context;
}

/* A record with a value; "other" is the key for the header of a key change. */
static void
emit_event(Change *change, char op, const CdcRow *key, const CdcRow *before, const CdcRow *after,
		   CdcKeyHeader header, const CdcRow *other)
{
	CdcSession *session = change->session;
	CdcRecord record;
	CdcEvent event;
	CdcBlock block;

	init_record(&record, &event, change, op, key);
	record.has_value = true;
	record.key_header = header;
	record.header_row = other;
	event.before = before;
	event.after = after;
	event.source = cdc_transaction_source(session);
	event.block = cdc_transaction_block(session, &block, change->lsn, change->table->collection);
	if (!cdc_record_shape(&record, &session->message.writer))
		return;
	cdc_message_record(session, &record);
}

static void
emit_tombstone(Change *change, const CdcRow *key, CdcKeyHeader header, const CdcRow *other)
{
	CdcRecord record;
	CdcEvent event;

	if (!change->session->setup.options->tombstones)
	{
		change->part++;
		return;
	}
	init_record(&record, &event, change, CDC_FRAME_TOMBSTONE, key);
	record.key_header = header;
	record.header_row = other;
	if (!cdc_record_shape(&record, &change->session->message.writer))
		return;
	cdc_message_record(change->session, &record);
}

/* The key of a row, in memory that goes with the change. */
static void
render_key(Change *change, CdcBuf *buf, const CdcRow *row)
{
	cdc_buf_palloc(buf, 256);
	cdc_event_key_payload(buf, change->table, row, &change->session->setup.counters);
}

/*
 * Does the update give the row another key, as far as the old tuple tells?
 * Most updates leave the key's bytes alone; of others the spelling decides,
 * because 1.0 and 1.00 may be one key.
 */
static bool
key_changed(Change *change)
{
	CdcSession *session = change->session;
	CdcTable *table = change->table;
	CdcBuf old;
	CdcBuf new;

	if (!change->has_old || table->nkey == 0)
		return false;
	/* a key that the old tuple lacks is known only to the connector, which invents it */
	if (!table->key_known && !session->setup.options->quirks)
		return false;
	if (table->key_known && cdc_row_same_image(table->key, table->nkey, &change->old, &change->new))
		return false;
	render_key(change, &old, &change->old);
	render_key(change, &new, &change->new);
	return old.len != new.len || memcmp(old.data, new.data, old.len) != 0 ||
		   !cdc_row_same_nulls(table->key, table->nkey, &change->old, &change->new);
}

/* An update that is not skipped as such; each half of a key change may still be. */
static void
emit_update(Change *change)
{
	CdcSession *session = change->session;
	int skipped = session->setup.options->skipped_operations;
	const CdcRow *before = change->has_old ? &change->old : NULL;

	if (skipped & CDC_SKIP_UPDATE)
		return;
	if (key_changed(change))
	{
		if (skipped & CDC_SKIP_DELETE)
			change->part += 2;
		else
		{
			emit_event(change, 'd', &change->old, &change->old, NULL, CDC_HEADER_NEWKEY, &change->new);
			emit_tombstone(change, &change->old, CDC_HEADER_NEWKEY, &change->new);
		}
		if (!(skipped & CDC_SKIP_CREATE))
			emit_event(change, 'c', &change->new, NULL, &change->new, CDC_HEADER_OLDKEY, &change->old);
		return;
	}
	if (session->setup.options->skip_messages_without_change && before && cdc_rows_equal(change->table, &change->old, &change->new, &session->setup.counters))
		return;
	emit_event(change, 'u', &change->new, before, &change->new, CDC_HEADER_NONE, NULL);
}

/* Once per table version, and counted: the server logged no old tuple, nor could it. */
static void
note_missing_identity(Change *change, const char *what)
{
	CdcTable *table = change->table;

	change->session->setup.counters.changes_without_identity++;
	if (table->logged_identity)
		return;
	table->logged_identity = true;
	ereport(LOG,
			(errmsg("table \"%s.%s\" has no replica identity", table->schema_name, table->table_name),
			 errdetail("Its %s. This is logged once for each version of the table.", what),
			 errhint("Add a primary key, or set REPLICA IDENTITY.")));
}

static void
emit_delete(Change *change)
{
	CdcSession *session = change->session;

	if (!change->has_old)
	{
		bool skip = session->setup.options->delete_without_identity == CDC_DELETE_SKIP;

		note_missing_identity(change, skip ? "deletes are skipped" : "deletes are sent without the old row");
		if (skip)
		{
			session->setup.counters.deletes_skipped++;
			return;
		}
	}
	if (session->setup.options->skipped_operations & CDC_SKIP_DELETE)
		return;
	if (!change->has_old)
	{
		emit_event(change, 'd', NULL, NULL, NULL, CDC_HEADER_NONE, NULL);
		return;
	}
	emit_event(change, 'd', &change->old, &change->old, NULL, CDC_HEADER_NONE, NULL);
	emit_tombstone(change, &change->old, CDC_HEADER_NONE, NULL);
}

static void
deform(CdcRow *row, HeapTuple tuple, TupleDesc desc, Datum *values, bool *nulls)
{
	heap_deform_tuple(tuple, desc, values, nulls);
	row->values = values;
	row->nulls = nulls;
}

static void
emit_change(Change *change, Relation relation, ReorderBufferChange *data)
{
	CdcTable *table = change->table;
	TupleDesc desc = RelationGetDescr(relation);
	HeapTuple old = cdc_old_tuple(data);
	HeapTuple new = cdc_new_tuple(data);

	if (old)
	{
		deform(&change->old, old, desc, table->old_values, table->old_nulls);
		change->old.key_only = !table->identity_full;
		change->has_old = true;
	}
	if (new)
	{
		deform(&change->new, new, desc, table->new_values, table->new_nulls);
		change->new.older = change->has_old ? &change->old : NULL;
		change->has_new = true;
	}
	switch (data->action)
	{
		case REORDER_BUFFER_CHANGE_INSERT:
			if (change->has_new && !(change->session->setup.options->skipped_operations & CDC_SKIP_CREATE))
				emit_event(change, 'c', &change->new, NULL, &change->new, CDC_HEADER_NONE, NULL);
			break;
		case REORDER_BUFFER_CHANGE_UPDATE:
			if (!change->has_new)
				break;
			if (!change->has_old && !table->has_identity)
				note_missing_identity(change, "updates are sent without the old row");
			emit_update(change);
			break;
		case REORDER_BUFFER_CHANGE_DELETE:
			emit_delete(change);
			break;
		default:
			break;
	}
}

void
cdc_change_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, Relation relation, ReorderBufferChange *change)
{
	CdcSession *session = ctx->output_plugin_private;
	MemoryContext old = MemoryContextSwitchTo(session->change_mcxt);
	Change c = {0};

	session->txn.seq++;
	cdc_session_ready(session);
	c.session = session;
	c.table = cdc_tables_lookup(session->tables, relation);
	c.lsn = change->lsn;
	if (c.table->published)
		cdc_transaction_published(session, txn, change->lsn);
	if (c.table->captured)
		emit_change(&c, relation, change);
	else if (c.table->token != 0)
		cdc_incremental_token(session, c.table, relation, change);
	cdc_transaction_progress(session);
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_mcxt);
}

/* One event for each captured table, in the order of the log record. */
void
cdc_truncate_cb(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, int nrelations, Relation relations[],
				ReorderBufferChange *change)
{
	CdcSession *session = ctx->output_plugin_private;
	MemoryContext old = MemoryContextSwitchTo(session->change_mcxt);
	Change c = {0};

	session->txn.seq++;
	cdc_session_ready(session);
	c.session = session;
	c.lsn = change->lsn;
	for (int i = 0; i < nrelations; i++)
	{
		char kind = relations[i]->rd_rel->relkind;

		c.table = cdc_tables_lookup(session->tables, relations[i]);
		/* a partitioned table comes with its leaves: pgoutput sends the one or the other */
		if ((kind == RELKIND_PARTITIONED_TABLE && !session->setup.options->publish_via_partition_root) ||
			c.table->is_partition_shown_as_root)
			continue;
		if (c.table->published)
			cdc_transaction_published(session, txn, change->lsn);
		if (!c.table->captured || (session->setup.options->skipped_operations & CDC_SKIP_TRUNCATE))
			continue;
		c.part = i;
		emit_event(&c, 't', NULL, NULL, NULL, CDC_HEADER_NONE, NULL);
	}
	cdc_transaction_progress(session);
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_mcxt);
}
