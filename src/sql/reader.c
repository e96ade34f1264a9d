/*
 * reader.c
 *		Rows that a query reads, as the records that a snapshot has of them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/pg_lsn.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "frame.h"
#include "sql/reader.h"
#include "sql/sql.h"

#define EPOCH_DIFFERENCE (((int64) POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* First guess at a record's size, and the most that is reserved beforehand. */
#define LEAST_EXPECTED 512
#define MOST_EXPECTED 65536

/*
 * A record of cdc_json.snapshot() becomes one column of text, in which every
 * quote and backslash of it stands doubled.
 */
#define PARTS_LIMIT (CDC_RECORD_LIMIT / 2)

/* until the options have been read */
#define NO_TIME PG_INT64_MIN

/* ---------- options ---------- */

static void
invalid(const char *name, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", name, value),
			 errhint("%s", hint)));
}

static const char *
parse_marker(const char *name, const char *value)
{
	static const char *const markers[] = {
		"true", "first", "first_in_data_collection", "last_in_data_collection", "last", "incremental"};

	for (int i = 0; i < lengthof(markers); i++)
	{
		if (strcmp(value, markers[i]) == 0)
			return markers[i];
	}
	invalid(name, value, "Valid values are \"true\", \"first\", \"first_in_data_collection\", "
						 "\"last_in_data_collection\", \"last\" and \"incremental\".");
	return NULL;
}

/* 64 bits, as pg_current_xact_id() prints them */
static uint64
parse_txid(const char *name, const char *value)
{
	char *end;
	uint64 txid;

	errno = 0;
	txid = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || txid == 0)
		invalid(name, value, "The value is a transaction id as pg_current_xact_id() prints it.");
	return txid;
}

/* Microseconds since 1970 whose nanoseconds still fit. */
static int64
parse_time(const char *name, const char *value)
{
	TimestampTz time = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(value),
															   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));

	if (TIMESTAMP_NOT_FINITE(time) || time > PG_INT64_MAX / 1000 - EPOCH_DIFFERENCE || time < PG_INT64_MIN / 1000)
		invalid(name, value, "The value must lie between the years 1708 and 2261.");
	return time + EPOCH_DIFFERENCE;
}

/* Is it this option, in either spelling? */
static bool
is_option(const DefElem *option, const char *name)
{
	const char *given = option->defname;

	for (; *given == *name || (*given == '_' && *name == '.'); given++, name++)
	{
		if (*name == '\0')
			return true;
	}
	return false;
}

/* Takes one of the snapshot's own options; false if it is not one. */
static bool
take_option(CdcReader *reader, const DefElem *option, CdcReaderKind kind)
{
	static const char *const names[] = {"snapshot", "snapshot.lsn", "snapshot.txid", "snapshot.ts"};
	CdcSource *source = &reader->source;
	const char *value;
	int which = 0;
	bool given;

	while (which < lengthof(names) && !is_option(option, names[which]))
		which++;
	if (which == lengthof(names))
		return false;
	if (!option->arg)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" needs a value", names[which])));
	given = which == 0 ? source->snapshot != NULL : which == 1 ? !source->no_lsn
												: which == 2   ? source->xid != 0
															   : source->time_us != NO_TIME;
	if (given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" is given twice", names[which])));
	value = strVal(option->arg);
	switch (which)
	{
		case 0:
			if (kind == CDC_READER_PARTS)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("option \"%s\" cannot be set here", names[which]),
						 errdetail("The function marks the first and last rows itself.")));
			source->snapshot = parse_marker(names[which], value);
			break;
		case 1:
			reader->lsn = DatumGetLSN(DirectFunctionCall1(pg_lsn_in, CStringGetDatum(value)));
			source->no_lsn = false;
			break;
		case 2:
			source->xid = parse_txid(names[which], value);
			break;
		case 3:
			source->time_us = parse_time(names[which], value);
			break;
	}
	return true;
}

/* The form of the output is the function's choice, but for read_event's between value and record. */
static void
refuse_format(const List *options, CdcReaderKind kind)
{
	ListCell *cell;

	foreach(cell, options)
	{
		const DefElem *option = lfirst(cell);

		if (is_option(option, "batch.bytes") || (is_option(option, "format") && kind != CDC_READER_TEXT))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" cannot be set here", option->defname),
					 errdetail("The function has a format of its own.")));
	}
}

static CdcOptions *
parse_options(CdcReader *reader, ArrayType *array, CdcReaderKind kind)
{
	List *rest = NIL;
	CdcOptions *options;
	ListCell *cell;

	foreach(cell, cdc_options_from_array(array))
	{
		if (!take_option(reader, lfirst(cell), kind))
			rest = lappend(rest, lfirst(cell));
	}
	refuse_format(rest, kind);
	options = cdc_options_parse(rest);
	if (kind == CDC_READER_FRAME)
		options->format = CDC_FORMAT_FRAME;
	else if (kind == CDC_READER_PARTS)
		options->format = CDC_FORMAT_RECORD;
	else if (options->format == CDC_FORMAT_FRAME)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a frame is not text"),
				 errhint("cdc_json.read_frame() makes frames.")));
	cdc_options_check_converters(options);
	return options;
}

/* ---------- the reader ---------- */

static void
release(void *arg)
{
	CdcReader *reader = arg;

	cdc_utf8_release(&reader->setup.counters.invalid_characters);
}

CdcReader *
cdc_reader_create(MemoryContext parent, ArrayType *options, CdcReaderKind kind)
{
	MemoryContext mcxt = AllocSetContextCreate(parent, "cdc_json reader", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(mcxt);
	CdcReader *reader = palloc0(sizeof(CdcReader));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	callback->func = release;
	callback->arg = reader;
	MemoryContextRegisterResetCallback(mcxt, callback);
	reader->mcxt = mcxt;
	reader->source.no_lsn = true;
	reader->source.time_us = NO_TIME;
	cdc_setup_init(&reader->setup, parse_options(reader, options, kind));
	/* text is in the server's encoding, a frame is bytes and always UTF-8 */
	cdc_setup_resolve(&reader->setup, kind != CDC_READER_FRAME);
	cdc_run_id(reader->run_id, sizeof(reader->run_id));

	if (!reader->source.snapshot)
		reader->source.snapshot = "true";
	if (reader->source.time_us == NO_TIME)
		reader->source.time_us = GetCurrentTransactionStartTimestamp() + EPOCH_DIFFERENCE;
	cdc_source_render(&reader->source, &reader->setup.constants);

	reader->writer.setup = &reader->setup;
	reader->writer.run_id = reader->run_id;
	reader->writer.source = &reader->source;
	reader->start = VARHDRSZ + (kind == CDC_READER_FRAME ? CDC_FRAME_MESSAGE_HEADER : 0);
	reader->writer.limit = kind == CDC_READER_PARTS ? PARTS_LIMIT : CDC_RECORD_LIMIT;
	reader->expected = LEAST_EXPECTED;
	MemoryContextSwitchTo(old);
	return reader;
}

void
cdc_reader_mark(CdcReader *reader, const char *snapshot)
{
	MemoryContext old;

	if (reader->source.snapshot == snapshot)
		return;
	old = MemoryContextSwitchTo(reader->mcxt);
	reader->source.snapshot = snapshot;
	cdc_source_render(&reader->source, &reader->setup.constants);
	MemoryContextSwitchTo(old);
}

CdcTable *
cdc_reader_describe(CdcReader *reader, Relation relation)
{
	CdcTable *table = cdc_table_describe(&reader->setup.tables, relation);

	if (!table->published)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table that events are made of", RelationGetRelationName(relation)),
				 errdetail("Events are made of ordinary and partitioned tables outside the system catalogs.")));
	return table;
}

static void
write_key(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	CdcRecordWriter *writer = buf->owner;

	cdc_event_key(buf, record->event->table, record->key_row, &writer->setup->counters);
}

static void
write_value(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	CdcRecordWriter *writer = buf->owner;

	cdc_event_value(buf, record->event, &writer->setup->counters, &record->before, &record->after, &record->result);
}

/*
 * What the table keeps out of line must be fetched: to the row writer such a
 * value is one that the log does not hold.  That is what it stays when it
 * cannot be read.
 */
static void
fetch(const CdcColumn *columns, int n, Datum *values, const bool *nulls)
{
	for (int i = 0; i < n; i++)
	{
		int att = columns[i].attnum - 1;

		if (columns[i].varlena && !nulls[att] && VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(values[att])))
			(void) cdc_output_detoast(values[att], &values[att]);
	}
}

bool
cdc_reader_write(CdcReader *reader, CdcTable *table, CdcRecord *record)
{
	const CdcTemplate *template = table->template;
	CdcRecordWriter *writer = &reader->writer;
	CdcRow row = {0};
	CdcEvent event = {0};
	CdcRecord schemas[2];
	size_t size;

	fetch(table->columns, table->ncolumns, table->new_values, table->new_nulls);
	fetch(table->key, table->nkey, table->new_values, table->new_nulls);
	row.values = table->new_values;
	row.nulls = table->new_nulls;

	event.table = table;
	event.op = 'r';
	event.after = &row;
	event.source = &reader->source;
	event.lsn = reader->lsn;

	memset(record, 0, sizeof(*record));
	record->lsn = reader->lsn;
	record->kind = 'r';
	record->topic = table->topic;
	record->topic_json = &template->topic;
	record->key_row = &row;
	record->has_key = table->nkey > 0;
	record->has_value = true;
	record->write_key = write_key;
	record->write_value = write_value;
	record->key_schema = template->key_schema;
	record->value_schema = template->value_schema;
	record->data_change = true;
	record->event = &event;

	cdc_record_buffer(writer, reader->expected);
	if (!cdc_record_shape(record, writer))
	{
		record->event = NULL;
		record->key_row = NULL;
		return false;
	}
	writer->mark = reader->start;
	reader->records = cdc_record_schemas(writer, record, schemas, reader->mcxt) + 1;
	for (int i = 0; i < reader->records - 1; i++)
	{
		cdc_record_write(writer, &schemas[i]);
		writer->mark = writer->buf.len;
	}
	if (!cdc_record_write(writer, record))
		cdc_record_write_reduced(writer, record);
	record->event = NULL;
	record->key_row = NULL;

	/* the next one may be a little longer */
	size = writer->buf.len + writer->buf.len / 8;
	if (size > reader->expected)
		reader->expected = Min(size, MOST_EXPECTED);
	return true;
}

void
cdc_reader_check_file(Relation relation, Snapshot snapshot)
{
	Relation catalog = table_open(RelationRelationId, AccessShareLock);
	bool other = false;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(RelationGetRelid(relation)));
	scan = systable_beginscan(catalog, ClassOidIndexId, true, snapshot, 1, &key);
	/* a table that the snapshot does not know has no row in it either */
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		other = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode != relation->rd_rel->relfilenode;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	if (other)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" was rewritten or truncated after the snapshot was taken",
						RelationGetRelationName(relation)),
				 errdetail("Rows that were there then may not be visible any more."),
				 errhint("Lock the tables IN ACCESS SHARE MODE before the snapshot is taken, and hold the lock until they have been read.")));
}
