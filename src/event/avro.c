/*
 * avro.c
 *		Values of change events as Avro.
 *
 * The second form of envelope.c and source.c, in the same order: before,
 * after, source, transaction, op and the clock.  Where a schema has unions,
 * the branch comes first; all of them here have null as their first.
 */
#include "postgres.h"

#include <time.h>

#include "event/event.h"

/* The branches of a union with null. */
#define ABSENT 0
#define PRESENT 1

/* Longest text of "sequence" besides the last commit's and the change's LSN: ["",""] */
#define SEQUENCE_LEN (2 * CDC_UINT64_LEN + 7)

static void
restart(CdcBuf *buf)
{
	if (!buf->data)
		cdc_buf_palloc(buf, 256);
	buf->len = 0;
}

static void
string(CdcBuf *buf, const char *text)
{
	cdc_avro_string(buf, text, strlen(text));
}

static void
optional_long(CdcBuf *buf, bool present, int64 value)
{
	cdc_avro_long(buf, present ? PRESENT : ABSENT);
	if (present)
		cdc_avro_long(buf, value);
}

/*
 * Renders what is the same for all events of a transaction, as
 * cdc_source_render() does, into the same places.
 */
void
cdc_source_render_avro(CdcSource *source, const CdcEventConstants *constants)
{
	CdcBuf *buf = &source->head;
	char last[CDC_UINT64_LEN];

	restart(buf);
	string(buf, CDC_JSON_VERSION);
	string(buf, "postgresql");
	string(buf, constants->prefix);
	cdc_avro_long(buf, source->time_us / 1000 - (source->time_us % 1000 < 0 ? 1 : 0));
	if (!source->snapshot && constants->options->snapshot_null)
		cdc_avro_long(buf, 1); /* has a default, so null is the second */
	else
	{
		cdc_avro_long(buf, 0);
		string(buf, source->snapshot ? source->snapshot : "false");
	}
	string(buf, constants->database);

	/* of "sequence", up to the change's own LSN */
	buf = &source->sequence;
	restart(buf);
	cdc_buf_char(buf, '[');
	if (source->last_commit == InvalidXLogRecPtr)
		cdc_buf_literal(buf, "null,");
	else
	{
		cdc_buf_char(buf, '"');
		cdc_buf_append(buf, last, cdc_uint64_digits(source->last_commit, last));
		cdc_buf_literal(buf, "\",");
	}

	buf = &source->times;
	restart(buf);
	optional_long(buf, true, source->time_us);
	optional_long(buf, true, source->time_us * 1000 + source->nanoseconds);

	buf = &source->xid_text;
	restart(buf);
	optional_long(buf, source->xid != 0, source->xid);

	buf = &source->origin_text;
	restart(buf);
	cdc_avro_long(buf, ABSENT); /* xmin */
	cdc_avro_long(buf, source->origin ? PRESENT : ABSENT);
	if (source->origin)
		string(buf, source->origin);
	optional_long(buf, source->origin != NULL, source->origin_lsn);
}

/* Schema and table as "source" has them. */
CdcSlice
cdc_source_table_avro(const char *schema, const char *table)
{
	CdcBuf buf;

	cdc_buf_palloc(&buf, 64);
	string(&buf, schema);
	string(&buf, table);
	return cdc_buf_slice(&buf);
}

static void
write_sequence(CdcBuf *buf, const CdcSource *source, XLogRecPtr lsn)
{
	char text[SEQUENCE_LEN];
	char *p = text;

	memcpy(p, source->sequence.data, source->sequence.len);
	p += source->sequence.len;
	if (source->no_lsn)
	{
		memcpy(p, "null]", 5);
		p += 5;
	}
	else
	{
		*p++ = '"';
		p += cdc_uint64_digits(lsn, p);
		*p++ = '"';
		*p++ = ']';
	}
	cdc_avro_long(buf, PRESENT);
	cdc_avro_bytes(buf, text, p - text);
}

/* As cdc_source_write(); "table" is cdc_source_table_avro()'s. */
void
cdc_source_write_avro(CdcBuf *buf, const CdcSource *source, CdcSlice table, XLogRecPtr lsn)
{
	cdc_buf_append(buf, source->head.data, source->head.len);
	write_sequence(buf, source, lsn);
	cdc_buf_append(buf, source->times.data, source->times.len);
	cdc_buf_append(buf, table.data, table.len);
	cdc_buf_append(buf, source->xid_text.data, source->xid_text.len);
	optional_long(buf, !source->no_lsn && !source->lsn_in_sequence_only, lsn);
	cdc_buf_append(buf, source->origin_text.data, source->origin_text.len);
}

/* As cdc_block_write(). */
void
cdc_block_write_avro(CdcBuf *buf, const CdcBlock *block)
{
	char id[2 * CDC_UINT64_LEN + 1];
	int len;

	cdc_avro_long(buf, block ? PRESENT : ABSENT);
	if (!block)
		return;
	len = cdc_uint64_digits(block->xid, id);
	id[len++] = ':';
	len += cdc_uint64_digits(block->lsn, id + len);
	cdc_avro_bytes(buf, id, len);
	cdc_avro_long(buf, block->total_order);
	cdc_avro_long(buf, block->data_collection_order);
}

static void
write_clock(CdcBuf *buf)
{
	struct timespec now;
	int64 ns;

	clock_gettime(CLOCK_REALTIME, &now);
	ns = (int64) now.tv_sec * 1000000000 + now.tv_nsec;
	optional_long(buf, true, ns / 1000000);
	optional_long(buf, true, ns / 1000);
	optional_long(buf, true, ns);
}

static CdcSpan
write_row(CdcBuf *buf, const CdcEvent *event, const CdcRow *row, CdcCounters *counters, CdcRowResult *result)
{
	CdcSpan span = {0};

	cdc_avro_long(buf, row ? PRESENT : ABSENT);
	span.start = buf->len;
	if (row)
		cdc_row_write(buf, event->table->columns, event->table->ncolumns, row, counters, event->table, result);
	span.len = buf->len - span.start;
	return span;
}

/* As cdc_event_value(). */
void
cdc_event_value_avro(CdcBuf *buf, const CdcEvent *event, CdcCounters *counters,
					 CdcSpan *before, CdcSpan *after, CdcRowResult *result)
{
	const CdcTemplate *template = event->table->template;
	CdcRowResult ignored = {0};

	*before = write_row(buf, event, event->before, counters, &ignored);
	*after = write_row(buf, event, event->after, counters, result);
	cdc_source_write_avro(buf, event->source, template->source_table, event->lsn);
	cdc_block_write_avro(buf, event->block);
	cdc_avro_bytes(buf, &event->op, 1);
	write_clock(buf);
}
