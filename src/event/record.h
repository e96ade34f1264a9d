/*
 * record.h
 *		A Kafka record about to be written: topic, key, value and headers, in
 *		the form that the option "format" asks for.
 *
 * Whoever has one fills in a CdcRecord and calls cdc_record_write().  A record
 * has a limit, because the server's buffers have one (1 GB): the buffer never
 * grows beyond it.  A record that would make it do so goes on writing over
 * itself, which is noticed at its end; it is then written again with its
 * largest value replaced by the placeholder.  That is why a record's parts
 * come from callbacks: they may be asked for more than once.
 */
#ifndef CDC_EVENT_RECORD_H
#define CDC_EVENT_RECORD_H

#include "event/setup.h"

/* Bytes of a buffer; the server's own limit is 1 GB less its headers. */
#define CDC_RECORD_LIMIT 1000000000

/* The slot session that a record comes from; NULL for a query's. */
struct CdcSession;

/* A position of a record: who made it, for ever (see frame.h). */
typedef struct CdcPosition
{
	XLogRecPtr lsn;
	uint32 seq;
	uint32 part;
} CdcPosition;

/* Room for a position's text. */
#define CDC_POSITION_SIZE 48
extern int cdc_position_format(char *text, size_t size, const CdcPosition *position);

struct CdcHeaders;

/* Headers that cdc_json.set_context() asked for, as they are written. */
#define CDC_CONTEXT_MEMBERS 32

typedef struct CdcContextHeader
{
	size_t name; /* where it is in "names" */
	size_t start; /* where the header is in "text" */
	size_t len;
} CdcContextHeader;

typedef struct CdcContext
{
	CdcBuf text;
	CdcBuf names; /* terminated */
	int count;
	CdcContextHeader headers[CDC_CONTEXT_MEMBERS];
} CdcContext;

/* Kinds of headers that a key change adds. */
typedef enum CdcKeyHeader
{
	CDC_HEADER_NONE,
	CDC_HEADER_NEWKEY,
	CDC_HEADER_OLDKEY
} CdcKeyHeader;

typedef struct CdcRecord
{
	CdcPosition position;
	XLogRecPtr lsn; /* of the change */
	char kind; /* op, or one of frame.h's */
	const char *topic; /* UTF-8 */
	const CdcSlice *topic_json; /* as a JSON string, NULL: not rendered yet */
	bool has_key;
	bool has_value;
	void (*write_key)(CdcBuf *buf, struct CdcSession *session, struct CdcRecord *record);
	void (*write_value)(CdcBuf *buf, struct CdcSession *session, struct CdcRecord *record);
	const CdcAvroSchema *key_schema; /* Avro, which the parts are written as; NULL: JSON */
	const CdcAvroSchema *value_schema;
	bool new_key_schema; /* with format=record: its text has not been sent yet */
	bool new_value_schema;
	CdcKeyHeader key_header;
	const CdcRow *header_row; /* its key is the header's value */
	bool data_change; /* gets extended headers */
	void (*write_headers)(struct CdcHeaders *headers, struct CdcRecord *record); /* a transform's; NULL: none */
	struct CdcRouted *routed; /* an outbox's event, see outbox.h; NULL: none */
	bool has_partition;
	int32 partition;
	bool has_timestamp; /* the record's own, milliseconds since 1970 */
	int64 timestamp;
	const CdcContext *context; /* NULL: none */
	CdcEvent *event; /* change events */
	const CdcRow *key_row;
	const char *prefix; /* logical messages: UTF-8 */
	CdcSlice content;
	const CdcBlock *block;
	CdcSpan before; /* set by write_value */
	CdcSpan after;
	CdcRowResult result;

	/* set by cdc_record_write(), with format=record: where the parts lie in the buffer */
	CdcSpan key;
	CdcSpan value;
	CdcSpan headers;
} CdcRecord;

/* Where records are written, and what all of them share. */
typedef struct CdcRecordWriter
{
	CdcSetup *setup;
	CdcBuf buf;
	size_t mark; /* start of the record being written */
	size_t limit; /* of the buffer */
	const char *run_id; /* of the extended headers */
	const CdcSource *source;
	struct CdcSession *session; /* handed on to the callbacks */
	HTAB *schemas; /* fingerprints of the Avro schemas that were sent; NULL: none yet */
} CdcRecordWriter;

/*
 * What options make of a record before it is written: CdcTemplate.shape, for
 * records of tables that have one.  It gives the record another topic, key,
 * value and headers; false means that there is no such record.
 */
static inline bool
cdc_record_shape(CdcRecord *record, CdcRecordWriter *writer)
{
	const CdcTemplate *template = record->event->table->template;

	return !template->shape || template->shape(record, writer);
}

/* Gives a record a topic of its own, in CurrentMemoryContext. */
extern void cdc_record_topic(CdcRecord *record, const CdcRecordWriter *writer, const char *topic);

/*
 * To be called before a record is written.  An Avro schema is sent before
 * anything that has it, once: in a frame as a record of its own, of which
 * "schemas" gets at most two and the result is the number; with format=record
 * in a header of this record.  The writer's memory of them is in "mcxt".
 */
extern int cdc_record_schemas(CdcRecordWriter *writer, CdcRecord *record, CdcRecord schemas[2], MemoryContext mcxt);

/* A buffer of "size" bytes in CurrentMemoryContext, which grows up to the limit. */
extern void cdc_record_buffer(CdcRecordWriter *writer, size_t size);

/* Appends the record at the mark, and says whether it fitted. */
extern bool cdc_record_write(CdcRecordWriter *writer, CdcRecord *record);

/* Writes a record that did not fit again, with less and less of it, until it does. */
extern void cdc_record_write_reduced(CdcRecordWriter *writer, CdcRecord *record);

/* Debezium's run id: a fresh UUID of version 7.  Needs room for 37 bytes. */
#define CDC_RUN_ID_SIZE 40
extern void cdc_run_id(char *run_id, size_t size);

#endif /* CDC_EVENT_RECORD_H */
