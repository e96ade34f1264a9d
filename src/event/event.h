/*
 * event.h
 *		A Debezium event as a sequence of members.
 *
 * Functions here append the bytes of keys and values to a buffer.  What is
 * constant for a table was rendered when it was described (template.c), what
 * is constant for a transaction when its first event was made (source.c); a
 * row is then copies and encoders.  Nothing here knows slots or messages.
 */
#ifndef CDC_EVENT_H
#define CDC_EVENT_H

#include "access/xlogdefs.h"

#include "event/schema.h"
#include "table/table.h"

struct CdcRecord;
struct CdcRecordWriter;

/* Rendered once per session: what all events of it share. */
typedef struct CdcEventConstants
{
	const CdcOptions *options;
	const CdcSettings *key_settings;
	const CdcSettings *value_settings;
	const CdcSettings *header_settings;
	const char *prefix; /* topic prefix in effect, UTF-8 */
	const char *database; /* UTF-8 */
	const char *transaction_topic;
	const char *message_topic;
	CdcSlice source_head; /* ,"source":{ … "ts_ms": */
	CdcSlice source_snapshot; /* ,"snapshot":"false", as streamed events have it */
	CdcSlice source_database; /* ,"db":"…","sequence":"[ */
	CdcSlice message_key_head; /* schema prefixes, empty without schemas */
	CdcSlice message_value_head;
	CdcSlice transaction_key_head;
	CdcSlice transaction_value_head;
	CdcSlice message_table; /* ,"schema":"","table":"","txId": */
	CdcAvroSchema *message_key_schema; /* NULL unless Avro is written; all of these likewise */
	CdcAvroSchema *message_value_schema;
	CdcAvroSchema *transaction_key_schema;
	CdcAvroSchema *transaction_value_schema;
} CdcEventConstants;

/* Rendered once per version of a table: CdcTable.template. */
typedef struct CdcTemplate
{
	CdcSlice topic; /* as a JSON string */
	CdcSlice key_head; /* {"schema":…,"payload": or nothing */
	CdcSlice value_head; /* likewise, then {"before": */
	const char *value_tail; /* closes what value_head opened */
	bool (*shape)(struct CdcRecord *record, struct CdcRecordWriter *writer); /* see record.h; NULL: records are as they are */
	struct CdcFlat *flat; /* how rows are flattened, see flat.c; NULL: they are not */
	struct CdcOutbox *outbox; /* how events are routed, see outbox.c; NULL: it is no outbox */
	CdcSlice source_table; /* ,"schema":"…","table":"…","txId": */
	CdcAvroSchema *key_schema; /* NULL: JSON is written */
	CdcAvroSchema *value_schema; /* likewise */
} CdcTemplate;

/* Where a change comes from: the "source" struct without the table. */
typedef struct CdcSource
{
	int64 time_us; /* commit time, microseconds since 1970 */
	int nanoseconds; /* beyond that: only the clock of a message before any commit has them */
	XLogRecPtr last_commit; /* end of the last commit sent, 0: none yet */
	uint64 xid; /* 0: null; with epoch only in snapshots, as in Debezium's */
	const char *snapshot; /* member "snapshot"; NULL: a streamed event */
	bool no_lsn; /* "lsn" is null, there and in "sequence" */
	bool lsn_in_sequence_only; /* "lsn" is null, but not in "sequence" */
	const char *origin; /* UTF-8, NULL: none */
	XLogRecPtr origin_lsn;
	CdcBuf head; /* up to the change's own LSN in "sequence"; in Avro up to "db" */
	CdcBuf sequence; /* Avro: text of "sequence" up to that LSN */
	CdcBuf times; /* from there to "ts_ns" */
	CdcBuf xid_text; /* 571,"lsn": */
	CdcBuf origin_text; /* ,"xmin":null,"origin":…,"origin_lsn":…} */
} CdcSource;

/* The "transaction" block; NULL: null */
typedef struct CdcBlock
{
	TransactionId xid;
	XLogRecPtr lsn;
	int64 total_order;
	int64 data_collection_order;
} CdcBlock;

/* One tuple, deformed. */
typedef struct CdcRow
{
	const Datum *values;
	const bool *nulls;
	bool key_only; /* only the identity's columns are in it */
	const struct CdcRow *older; /* where unchanged values out of line may be found; NULL: nowhere */
	bool *replaced; /* by column: too large, show as unavailable; NULL: none */
} CdcRow;

/* What a written row turned out to have. */
typedef struct CdcRowResult
{
	int unavailable; /* columns shown as unavailable */
	int failed; /* columns that could not be converted */
} CdcRowResult;

/* Offsets of a part within a buffer, for frames. */
typedef struct CdcSpan
{
	size_t start;
	size_t len;
} CdcSpan;

/* One change event about to be written. */
typedef struct CdcEvent
{
	CdcTable *table;
	char op; /* c, u, d, t, r */
	const CdcRow *before; /* NULL: null */
	const CdcRow *after; /* NULL: null */
	const CdcSource *source;
	XLogRecPtr lsn; /* of the change */
	const CdcBlock *block;
	uint64 clock; /* nanoseconds since 1970, read when a transform needs them more than once */
} CdcEvent;

/* template.c */
extern void cdc_event_constants(CdcEventConstants *constants); /* fills the rendered members */
extern void cdc_event_template(CdcTable *table, void *constants); /* CdcTableContext.prepare */

/* {"schema":…,"payload": with schemas, nothing without; in CurrentMemoryContext */
extern CdcSlice cdc_event_head(const CdcSettings *settings, const CdcSchema *schema);

extern CdcSchema *cdc_event_key_schema(const CdcEventConstants *constants, const CdcTable *table);
extern CdcSchema *cdc_event_row_schema(const CdcEventConstants *constants, const CdcTable *table);
extern CdcSchema *cdc_event_envelope_schema(const CdcEventConstants *constants, const CdcTable *table);

/* source.c */
extern void cdc_source_render(CdcSource *source, const CdcEventConstants *constants);
/* where a buffer is to hold Avro, these two write that */
extern void cdc_source_write(CdcBuf *buf, const CdcSource *source, CdcSlice table, XLogRecPtr lsn);
extern void cdc_block_write(CdcBuf *buf, const CdcBlock *block);
extern void cdc_clock_write(CdcBuf *buf); /* ,"ts_ms":…,"ts_us":…,"ts_ns":… */
extern int64 cdc_clock_ms(void);
extern uint64 cdc_clock_ns(void);

/* row.c */
extern void cdc_row_write(CdcBuf *buf, CdcColumn *columns, int n, const CdcRow *row, CdcCounters *counters,
						  const CdcTable *table, CdcRowResult *result);
extern void cdc_column_write(CdcBuf *buf, CdcColumn *column, const CdcRow *row, bool replaced, CdcCounters *counters,
							 const CdcTable *table, CdcRowResult *result);
extern bool cdc_row_same_image(const CdcColumn *columns, int n, const CdcRow *a, const CdcRow *b);
extern bool cdc_row_same_nulls(const CdcColumn *columns, int n, const CdcRow *a, const CdcRow *b);
extern bool cdc_rows_equal(CdcTable *table, const CdcRow *a, const CdcRow *b, CdcCounters *counters);
extern bool cdc_column_unavailable(const CdcColumn *column, const CdcRow *row);
extern size_t cdc_column_measure(CdcColumn *column, const CdcRow *row); /* bytes that the value takes */

/* envelope.c */
extern void cdc_event_key(CdcBuf *buf, CdcTable *table, const CdcRow *row, CdcCounters *counters);
extern void cdc_event_key_header(CdcBuf *buf, CdcTable *table, const CdcRow *row, CdcCounters *counters);
extern void cdc_event_key_payload(CdcBuf *buf, CdcTable *table, const CdcRow *row, CdcCounters *counters);
extern void cdc_event_value(CdcBuf *buf, const CdcEvent *event, CdcCounters *counters,
							CdcSpan *before, CdcSpan *after, CdcRowResult *result);

/* flat.c */
extern CdcSchema *cdc_flat_schema(const CdcEventConstants *constants, const CdcTable *table);
extern void cdc_flat_prepare(CdcTable *table, const CdcEventConstants *constants);

/* avro.c */
extern void cdc_source_render_avro(CdcSource *source, const CdcEventConstants *constants);
extern CdcSlice cdc_source_table_avro(const char *schema, const char *table);
extern void cdc_source_write_avro(CdcBuf *buf, const CdcSource *source, CdcSlice table, XLogRecPtr lsn);
extern void cdc_block_write_avro(CdcBuf *buf, const CdcBlock *block);
extern void cdc_event_value_avro(CdcBuf *buf, const CdcEvent *event, CdcCounters *counters,
								 CdcSpan *before, CdcSpan *after, CdcRowResult *result);

/* transaction.c: BEGIN and END */
typedef struct CdcCollectionCount
{
	const char *collection;
	int64 count;
} CdcCollectionCount;

extern void cdc_transaction_key(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn);
extern void cdc_transaction_begin(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn, int64 time_us);
extern void cdc_transaction_end(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn, int64 time_us,
								int64 events, const CdcCollectionCount *collections, int ncollections);

/* logical_message.c */
extern void cdc_message_key(CdcBuf *buf, const CdcEventConstants *constants, const char *prefix);
extern void cdc_message_value(CdcBuf *buf, const CdcEventConstants *constants, const CdcSource *source, XLogRecPtr lsn,
							  const CdcBlock *block, const char *prefix, const char *content, size_t len);

#endif /* CDC_EVENT_H */
