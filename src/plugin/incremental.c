/*
 * incremental.c
 *		Rows that an incremental snapshot wrote to the log, as "r" events.
 *
 * cdc_json.snapshot_incremental() reads a chunk of a table, locks its rows, and
 * writes them as transactional messages.  Anyone may write messages, so each
 * repeats a token that its transaction has put into a table of the extension
 * before: only who may write there makes events.  Whatever else comes with the
 * prefix is dropped and counted, and so is what does not fit the table.
 *
 * Members are those of Debezium's incremental snapshot (format reference,
 * section 3): "txId" and "lsn" are null, "sequence" is the stream's, there is
 * no "transaction" block, and rows do not count as the transaction's events.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "replication/slot.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "plugin/session.h"
#include "table/image.h"

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

void
cdc_incremental_begin(CdcSession *session)
{
	session->incremental.token_known = false;
	session->incremental.rendered = false;
}

/* An insert or update of the extension's table: its token is good until the transaction ends or another comes. */
void
cdc_incremental_token(CdcSession *session, const CdcTable *table, Relation relation, ReorderBufferChange *change)
{
	HeapTuple tuple = cdc_new_tuple(change);
	bool isnull;
	Datum token;

	session->incremental.token_known = false;
	if (!tuple)
		return;
	token = heap_getattr(tuple, table->token, RelationGetDescr(relation), &isnull);
	if (isnull)
		return;
	memcpy(session->incremental.token, DatumGetPointer(token), CDC_TOKEN_SIZE);
	session->incremental.token_known = true;
}

/* The source struct of the transaction's rows. */
static const CdcSource *
incremental_source(CdcSession *session)
{
	CdcIncremental *incremental = &session->incremental;
	CdcSource *source = &incremental->source;
	MemoryContext old;

	if (incremental->rendered)
		return source;
	old = MemoryContextSwitchTo(session->mcxt);
	source->time_us = session->txn.source.time_us;
	source->nanoseconds = 0;
	source->last_commit = session->last_commit;
	source->xid = 0;
	source->snapshot = "incremental";
	source->lsn_in_sequence_only = true;
	source->origin = session->txn.source.origin;
	source->origin_lsn = session->txn.source.origin_lsn;
	cdc_source_render(source, &session->setup.constants);
	incremental->rendered = true;
	MemoryContextSwitchTo(old);
	return source;
}

/* The row in the table's working space as a record. */
static void
emit_row(CdcSession *session, CdcTable *table, XLogRecPtr lsn, uint32 seq)
{
	const CdcTemplate *template = table->template;
	CdcRow row = {0};
	CdcEvent event = {0};
	CdcRecord record = {0};

	row.values = table->new_values;
	row.nulls = table->new_nulls;

	event.table = table;
	event.op = 'r';
	event.after = &row;
	event.lsn = lsn;
	event.source = incremental_source(session);

	record.position.lsn = session->txn.end_lsn;
	record.position.seq = seq;
	record.lsn = lsn;
	record.kind = 'r';
	record.topic = table->topic;
	record.topic_json = &template->topic;
	record.key_row = &row;
	record.has_key = table->nkey > 0;
	record.has_value = true;
	record.write_key = write_key;
	record.write_value = write_value;
	record.key_schema = template->key_schema;
	record.value_schema = template->value_schema;
	record.data_change = true;
	record.event = &event;
	if (!cdc_record_shape(&record, &session->message.writer))
		return;
	cdc_message_record(session, &record);
}

/*
 * All rows of a message.  They are read once before the first is sent: a
 * message that is no good makes no event at all, and is no fault of one that
 * is for another slot or a table that the options leave out.
 */
static bool
emit_rows(CdcSession *session, CdcImageReader *reader, const CdcImageHeader *header, Relation relation, XLogRecPtr lsn)
{
	CdcTable *table = cdc_tables_lookup(session->tables, relation);
	TupleDesc desc = RelationGetDescr(relation);
	bool for_another = header->slot[0] != '\0' && strcmp(header->slot, NameStr(MyReplicationSlot->data.name)) != 0;
	uint32 seq = session->txn.seq;
	size_t rows = reader->at;

	if (!table->published || header->fingerprint != cdc_image_fingerprint(desc))
		return false;
	for (uint32 i = 0; i < header->rows; i++)
	{
		if (!cdc_image_next(reader, desc, table->new_values, table->new_nulls))
			return false;
	}
	if (reader->at != reader->len || header->rows == 0)
		return false;
	/* each row is numbered as if it were a change of its own, whether or not it is sent */
	session->txn.seq += header->rows - 1;
	if (for_another || !table->captured)
		return true;

	/* later events' "sequence" counts the transaction, though it has no BEGIN and END: nothing in it is numbered */
	session->txn.published = true;
	reader->at = rows;
	for (uint32 i = 0; i < header->rows; i++)
	{
		(void) cdc_image_next(reader, desc, table->new_values, table->new_nulls);
		emit_row(session, table, lsn, seq + i);
	}
	return true;
}

void
cdc_incremental_message(CdcSession *session, XLogRecPtr lsn, const char *content, Size size)
{
	CdcImageReader reader;
	CdcImageHeader header;
	Relation relation;
	bool accepted = false;

	cdc_session_ready(session);
	if (session->incremental.token_known && cdc_image_open(&reader, content, size, &header) &&
		memcmp(header.token, session->incremental.token, CDC_TOKEN_SIZE) == 0)
	{
		relation = RelationIdGetRelation(header.relid);
		if (RelationIsValid(relation))
		{
			accepted = emit_rows(session, &reader, &header, relation, lsn);
			RelationClose(relation);
		}
	}
	if (!accepted)
		session->setup.counters.messages_dropped++;
}
