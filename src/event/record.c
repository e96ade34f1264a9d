/*
 * record.c
 *		Records as JSON or as part of a frame, and what to leave out of one
 *		that is too large.
 */
#include "postgres.h"

#include <time.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "event/headers.h"
#include "event/record.h"
#include "frame.h"

/* Grows up to the limit; beyond it, starts over at the record's beginning and counts. */
static void
grow(CdcBuf *buf, size_t need)
{
	CdcRecordWriter *writer = buf->owner;
	size_t cap;

	if (buf->len + need > writer->limit)
	{
		buf->discarded += buf->len - writer->mark;
		buf->len = writer->mark;
	}
	if (buf->cap - buf->len >= need)
		return;
	/* reservations are small, so one may exceed the limit by a little */
	cap = Max(buf->cap * 2, buf->len + need);
	cap = Min(cap, Max(writer->limit, buf->len + need));
	buf->data = repalloc(buf->data, cap);
	buf->cap = cap;
}

void
cdc_record_buffer(CdcRecordWriter *writer, size_t size)
{
	CdcBuf *buf = &writer->buf;

	buf->data = palloc(size);
	buf->cap = size;
	buf->len = 0;
	buf->grow = grow;
	buf->owner = writer;
}

/*
 * A topic is as bytes in a frame: one that SQL functions are to read in a
 * database of another encoding has its characters beyond ASCII as in JSON.
 */
void
cdc_record_topic(CdcRecord *record, const CdcRecordWriter *writer, const char *topic)
{
	record->topic_json = NULL;
	record->topic = topic;
	if (writer->buf.ascii && writer->setup->options->format == CDC_FORMAT_FRAME)
	{
		CdcBuf buf;

		cdc_buf_palloc(&buf, 64);
		buf.ascii = true;
		cdc_json_string(&buf, topic, strlen(topic));
		record->topic = pnstrdup(buf.data + 1, buf.len - 2);
	}
}

static void
write_json_string(CdcBuf *buf, const char *text)
{
	cdc_json_string(buf, text, strlen(text));
}

/* A UUID of version 7, fresh for each session: Debezium's run id. */
void
cdc_run_id(char *run_id, size_t size)
{
	struct timespec now;
	uint8 b[16];
	uint64 ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!pg_strong_random(b, sizeof(b)))
		memset(b, 0, sizeof(b));
	for (int i = 0; i < 6; i++)
		b[i] = (uint8) (ms >> (40 - 8 * i));
	b[6] = (b[6] & 0x0F) | 0x70;
	b[8] = (b[8] & 0x3F) | 0x80;
	snprintf(run_id, size, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* The key or the value; as Avro where it has a schema for that, which in JSON is base64. */
static void
write_part(CdcRecordWriter *writer, CdcRecord *record, const CdcAvroSchema *schema,
		   void (*write)(CdcBuf *buf, struct CdcSession *session, CdcRecord *record))
{
	CdcBuf *buf = &writer->buf;
	size_t start = buf->len;
	size_t len;
	uint8 *avro;

	buf->avro = schema != NULL;
	write(buf, writer->session, record);
	buf->avro = false;
	if (!schema || writer->setup->options->format != CDC_FORMAT_RECORD || buf->discarded > 0)
		return;
	len = buf->len - start;
	avro = palloc_extended(Max(len, 1), MCXT_ALLOC_HUGE);
	memcpy(avro, buf->data + start, len);
	buf->len = start;
	cdc_json_base64(buf, avro, len);
	pfree(avro);
}

/* {"topic":T,"key":K,"value":V,"headers":H} */
static void
write_json_record(CdcRecordWriter *writer, CdcRecord *record)
{
	CdcBuf *buf = &writer->buf;

	cdc_buf_literal(buf, "{\"topic\":");
	if (record->topic_json)
		cdc_buf_append(buf, record->topic_json->data, record->topic_json->len);
	else
		write_json_string(buf, record->topic);
	cdc_buf_literal(buf, ",\"key\":");
	record->key.start = buf->len;
	if (record->has_key)
		write_part(writer, record, record->key_schema, record->write_key);
	else
		cdc_json_null(buf);
	record->key.len = buf->len - record->key.start;
	cdc_buf_literal(buf, ",\"value\":");
	record->value.start = buf->len;
	if (record->has_value)
		write_part(writer, record, record->value_schema, record->write_value);
	else
		cdc_json_null(buf);
	record->value.len = buf->len - record->value.start;
	cdc_buf_literal(buf, ",\"headers\":");
	record->headers.start = buf->len;
	cdc_json_struct_begin(buf);
	cdc_headers_write(writer, record);
	cdc_json_struct_end(buf);
	record->headers.len = buf->len - record->headers.start;
	cdc_buf_char(buf, '}');
}

/* A span of the buffer as offset and length within the value. */
static void
put_span(char *at, const CdcSpan *span, size_t value_start)
{
	cdc_put_u32(at, span->len > 0 ? span->start - value_start : 0);
	cdc_put_u32(at + 4, span->len);
}

static uint64
fingerprint(const CdcAvroSchema *schema)
{
	return schema ? schema->fingerprint : 0;
}

static void
write_frame_record(CdcRecordWriter *writer, CdcRecord *record)
{
	CdcBuf *buf = &writer->buf;
	size_t start = buf->len;
	size_t key_start;
	size_t value_start;
	size_t value_end;
	bool schemas = record->key_schema || record->value_schema;
	size_t fixed = CDC_FRAME_RECORD_HEADER + (schemas ? CDC_FRAME_SCHEMAS : 0);
	int headers;
	char *p;

	cdc_buf_reserve(buf, fixed);
	cdc_buf_commit(buf, fixed);
	cdc_buf_append(buf, record->topic, strlen(record->topic));
	key_start = buf->len;
	if (record->has_key)
		write_part(writer, record, record->key_schema, record->write_key);
	value_start = buf->len;
	if (record->has_value)
		write_part(writer, record, record->value_schema, record->write_value);
	value_end = buf->len;
	headers = cdc_headers_write(writer, record);
	if (buf->discarded > 0)
		return; /* too large: what lies here is of no use */

	p = buf->data + start;
	cdc_put_u32(p + CDC_FRAME_AT_LENGTH, buf->len - start - 4);
	cdc_put_u64(p + CDC_FRAME_AT_COMMIT_LSN, record->position.lsn);
	cdc_put_u32(p + CDC_FRAME_AT_SEQ, record->position.seq);
	cdc_put_u32(p + CDC_FRAME_AT_PART, record->position.part);
	cdc_put_u64(p + CDC_FRAME_AT_LSN, record->lsn);
	cdc_put_u64(p + CDC_FRAME_AT_TIME, writer->source->time_us);
	cdc_put_u32(p + CDC_FRAME_AT_XID, writer->source->xid);
	p[CDC_FRAME_AT_KIND] = record->kind;
	p[CDC_FRAME_AT_FLAGS] = (record->has_key ? CDC_FRAME_HAS_KEY : 0) | (record->has_value ? CDC_FRAME_HAS_VALUE : 0) |
							(record->result.unavailable > 0 ? CDC_FRAME_UNAVAILABLE : 0) |
							(schemas ? CDC_FRAME_HAS_SCHEMAS : 0);
	cdc_put_u16(p + CDC_FRAME_AT_NHEADERS, headers);
	cdc_put_u32(p + CDC_FRAME_AT_TOPIC_LEN, strlen(record->topic));
	cdc_put_u32(p + CDC_FRAME_AT_KEY_LEN, value_start - key_start);
	cdc_put_u32(p + CDC_FRAME_AT_VALUE_LEN, value_end - value_start);
	put_span(p + CDC_FRAME_AT_BEFORE, &record->before, value_start);
	put_span(p + CDC_FRAME_AT_AFTER, &record->after, value_start);
	if (schemas)
	{
		cdc_put_u64(p + CDC_FRAME_AT_KEY_SCHEMA, fingerprint(record->key_schema));
		cdc_put_u64(p + CDC_FRAME_AT_VALUE_SCHEMA, fingerprint(record->value_schema));
	}
}

/* Is this the first record with the schema?  The next one will not be. */
static bool
is_new(CdcRecordWriter *writer, const CdcAvroSchema *schema, MemoryContext mcxt)
{
	bool found;

	if (!writer->schemas)
	{
		HASHCTL ctl = {0};

		ctl.keysize = sizeof(schema->fingerprint);
		ctl.entrysize = sizeof(schema->fingerprint);
		ctl.hcxt = mcxt;
		writer->schemas = hash_create("cdc_json Avro schemas", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	(void) hash_search(writer->schemas, &schema->fingerprint, HASH_ENTER, &found);
	return !found;
}

static void
write_key_schema(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	cdc_buf_append(buf, record->key_schema->text.data, record->key_schema->text.len);
}

static void
write_value_schema(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	cdc_buf_append(buf, record->value_schema->text.data, record->value_schema->text.len);
}

/* The record that tells a frame's reader a schema. */
static void
init_schema_record(CdcRecord *schema, const CdcRecord *record)
{
	memset(schema, 0, sizeof(*schema));
	schema->position = record->position;
	schema->lsn = record->lsn;
	schema->kind = CDC_FRAME_SCHEMA;
	schema->topic = record->topic;
	schema->has_value = true;
}

int
cdc_record_schemas(CdcRecordWriter *writer, CdcRecord *record, CdcRecord schemas[2], MemoryContext mcxt)
{
	bool frame = writer->setup->options->format == CDC_FORMAT_FRAME;
	int n = 0;

	record->new_key_schema = record->key_schema && record->has_key && is_new(writer, record->key_schema, mcxt);
	record->new_value_schema = record->value_schema && record->has_value && is_new(writer, record->value_schema, mcxt);
	if (frame && record->new_key_schema)
	{
		init_schema_record(&schemas[n], record);
		schemas[n].key_schema = record->key_schema;
		schemas[n++].write_value = write_key_schema;
	}
	if (frame && record->new_value_schema)
	{
		init_schema_record(&schemas[n], record);
		schemas[n].value_schema = record->value_schema;
		schemas[n++].write_value = write_value_schema;
	}
	return n;
}

bool
cdc_record_write(CdcRecordWriter *writer, CdcRecord *record)
{
	CdcBuf *buf = &writer->buf;

	buf->len = writer->mark;
	buf->discarded = 0;
	memset(&record->result, 0, sizeof(record->result));
	memset(&record->before, 0, sizeof(record->before));
	memset(&record->after, 0, sizeof(record->after));
	switch (writer->setup->options->format)
	{
		case CDC_FORMAT_VALUE:
			if (record->has_value)
				record->write_value(buf, writer->session, record);
			break;
		case CDC_FORMAT_RECORD:
			write_json_record(writer, record);
			break;
		case CDC_FORMAT_FRAME:
			write_frame_record(writer, record);
			break;
	}
	return buf->discarded == 0;
}

/* Sizes of a row's values, found once; the largest is replaced first. */
typedef struct Sizes
{
	CdcRow *row;
	size_t *size;
} Sizes;

static void
measure(Sizes *sizes, const CdcRow *row, CdcTable *table)
{
	sizes->row = unconstify(CdcRow *, row);
	if (!row)
		return;
	sizes->size = palloc(sizeof(size_t) * table->ncolumns);
	for (int i = 0; i < table->ncolumns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sizes->size[i] = cdc_column_measure(&table->columns[i], row);
	}
	sizes->row->replaced = palloc0(sizeof(bool) * table->ncolumns);
}

/*
 * The largest value not yet replaced: "before" first, lowest column first.
 * Returns the bytes that this saves, 0 when there is none left to replace.
 */
static size_t
replace_largest(Sizes *sizes, int nsizes, CdcTable *table)
{
	Sizes *where = NULL;
	int which = 0;

	for (int s = 0; s < nsizes; s++)
	{
		if (!sizes[s].row)
			continue;
		for (int i = 0; i < table->ncolumns; i++)
		{
			if (!sizes[s].row->replaced[i] && (!where || sizes[s].size[i] > where->size[which]))
			{
				where = &sizes[s];
				which = i;
			}
		}
	}
	if (!where)
		return 0;
	where->row->replaced[which] = true;
	return Max(where->size[which], 1);
}

/* Replaces values, the largest first, until the record is shorter by "excess" bytes.  False when there are none. */
static bool
replace_values(CdcRecordWriter *writer, Sizes *sizes, CdcTable *table, size_t excess)
{
	size_t saved = 0;
	size_t size;

	while (saved < excess && (size = replace_largest(sizes, 2, table)) > 0)
	{
		saved += size;
		writer->setup->counters.oversized_values++;
	}
	return saved > 0;
}

/* Is the key of a row too large for a message by itself? */
static bool
is_key_too_large(const CdcRecordWriter *writer, CdcTable *table, const CdcRow *row)
{
	size_t size = 0;

	for (int i = 0; i < table->nkey; i++)
	{
		CHECK_FOR_INTERRUPTS();
		size += cdc_column_measure(&table->key[i], row);
	}
	return size > writer->limit;
}

/* Leaves out keys for which no replaced value would make room.  False when there are none. */
static bool
drop_large_keys(CdcRecordWriter *writer, CdcRecord *record)
{
	CdcTable *table = record->event->table;
	int dropped = 0;

	if (writer->setup->options->format == CDC_FORMAT_VALUE)
		return false; /* keys are not written */
	if (record->key_header != CDC_HEADER_NONE && is_key_too_large(writer, table, record->header_row))
	{
		record->key_header = CDC_HEADER_NONE;
		dropped++;
	}
	if (record->has_key && is_key_too_large(writer, table, record->key_row))
	{
		record->has_key = false;
		dropped++;
	}
	writer->setup->counters.oversized_keys += dropped;
	return dropped > 0;
}

void
cdc_record_write_reduced(CdcRecordWriter *writer, CdcRecord *record)
{
	CdcTable *table = record->event ? record->event->table : NULL;
	CdcBuf *buf = &writer->buf;
	Sizes sizes[2] = {{0}};

	if (table && !table->logged_oversize)
	{
		table->logged_oversize = true;
		ereport(LOG,
				(errmsg("a row of table \"%s.%s\" is too large for one message", table->schema_name, table->table_name),
				 errdetail("Its largest values are sent as unavailable. This is logged once for each version of the table.")));
	}
	if (table)
	{
		measure(&sizes[0], record->event->before, table);
		measure(&sizes[1], record->event->after, table);
		if (drop_large_keys(writer, record))
			cdc_record_write(writer, record);
	}
	while (buf->discarded > 0)
	{
		size_t total = buf->discarded + buf->len;
		size_t excess = total > writer->limit ? total - writer->limit : 1;

		if (table && replace_values(writer, sizes, table, excess))
			;
		else if (record->key_header != CDC_HEADER_NONE)
		{
			/* the other key of a key change */
			record->key_header = CDC_HEADER_NONE;
			writer->setup->counters.oversized_keys++;
		}
		else if (record->has_key)
		{
			/* a key is sent whole or not at all */
			record->has_key = false;
			writer->setup->counters.oversized_keys++;
		}
		else if (record->content.len > 0)
		{
			record->content.len = 0;
			writer->setup->counters.oversized_values++;
		}
		else if (record->prefix && record->prefix[0])
		{
			/* of a logical message: anybody may write one of any length */
			record->prefix = "";
			writer->setup->counters.oversized_values++;
		}
		else
			break; /* a record without values has a bound, see MAX_MESSAGES in plugin/transaction.c */
		cdc_record_write(writer, record);
	}
}
