/*
 * reader.h
 *		Rows that a query reads, as the records that a snapshot has of them.
 *
 * A reader is what a slot session is for the stream: options, constants, and
 * the source struct that all its rows share.  It belongs to one query and
 * keeps nothing in any cache of the session: the stream's descriptions are of
 * tables as they were, these are of tables as they are.
 */
#ifndef CDC_READER_H
#define CDC_READER_H

#include "access/tupdesc.h"
#include "utils/array.h"
#include "utils/snapshot.h"

#include "event/record.h"

typedef struct CdcReader
{
	MemoryContext mcxt; /* everything below; descriptions are made by the caller */
	CdcSetup setup;
	CdcSource source;
	CdcRecordWriter writer;
	XLogRecPtr lsn; /* option snapshot.lsn */
	char run_id[CDC_RUN_ID_SIZE];
	size_t expected; /* size of a record, from those before */
	size_t start; /* of what is written, behind the headers of its form */
	int records; /* in what was written: Avro schemas may come before the row's */
} CdcReader;

/* What a reader's caller decides, and its options may not. */
typedef enum CdcReaderKind
{
	CDC_READER_TEXT, /* read_event: value or record */
	CDC_READER_FRAME, /* read_frame */
	CDC_READER_PARTS /* snapshot: parts of records, marked by the caller */
} CdcReaderKind;

/*
 * Makes a reader in a child of the given context.  Options are the plugin's
 * and the snapshot's own (snapshot, snapshot.lsn, snapshot.txid, snapshot.ts),
 * name and value in turn.  Raises errors for wrong ones.
 */
extern CdcReader *cdc_reader_create(MemoryContext parent, ArrayType *options, CdcReaderKind kind);

/* From the next row on, "snapshot" has this value (a constant of the program). */
extern void cdc_reader_mark(CdcReader *reader, const char *snapshot);

/*
 * Describes a relation in CurrentMemoryContext.  Raises an error, which says
 * what to read instead, for relations that no events are made of.
 */
extern CdcTable *cdc_reader_describe(CdcReader *reader, Relation relation);

/*
 * Writes the record of a row (table->new_values, table->new_nulls) into
 * reader->writer.buf, a fresh one in CurrentMemoryContext, from reader->start on.
 * False when options leave it out.
 */
extern bool cdc_reader_write(CdcReader *reader, CdcTable *table, CdcRecord *record);

/*
 * snapshot.c: opens and locks a table of which the caller may read all rows;
 * raises an error for anything else.  And what of it holds rows: the table
 * itself, or its partitions (Oids, locked).
 */
extern Relation cdc_open_for_reading(Oid relid);
extern List *cdc_heaps(Relation relation);

/*
 * Raises an error if the table's file is another one than the snapshot knows:
 * a rewrite or TRUNCATE since, and its rows could not be seen any more.
 */
extern void cdc_reader_check_file(Relation relation, Snapshot snapshot);

#endif /* CDC_READER_H */
