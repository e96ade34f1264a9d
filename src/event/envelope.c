/*
 * envelope.c
 *		Keys and values of change events: before, after, source,
 *		transaction, op and the clock, in this order.
 */
#include "postgres.h"

#include "event/event.h"

/* The key's struct as key-change headers hold it. */
void
cdc_event_key_header(CdcBuf *buf, CdcTable *table, const CdcRow *row, CdcCounters *counters)
{
	CdcRowResult ignored = {0};

	cdc_row_write(buf, table->header_key, table->nkey, row, counters, table, &ignored);
}

/* The key's struct alone. */
void
cdc_event_key_payload(CdcBuf *buf, CdcTable *table, const CdcRow *row, CdcCounters *counters)
{
	CdcRowResult ignored = {0};

	cdc_row_write(buf, table->key, table->nkey, row, counters, table, &ignored);
}

/* The key as the converter writes it.  Only for tables that have one. */
void
cdc_event_key(CdcBuf *buf, CdcTable *table, const CdcRow *row, CdcCounters *counters)
{
	const CdcTemplate *template = table->template;

	cdc_buf_append(buf, template->key_head.data, template->key_head.len);
	cdc_event_key_payload(buf, table, row, counters);
	if (template->key_head.len > 0)
		cdc_buf_char(buf, '}');
}

static CdcSpan
write_row_or_null(CdcBuf *buf, const CdcEvent *event, const CdcRow *row, CdcCounters *counters, CdcRowResult *result)
{
	CdcSpan span = {buf->len, 0};

	if (!row)
	{
		cdc_json_null(buf);
		return span;
	}
	cdc_row_write(buf, event->table->columns, event->table->ncolumns, row, counters, event->table, result);
	span.len = buf->len - span.start;
	return span;
}

/*
 * The value as the converter writes it.  *before and *after say where the rows
 * lie in the buffer (length 0 for null); *result is about "after" alone.
 */
void
cdc_event_value(CdcBuf *buf, const CdcEvent *event, CdcCounters *counters,
				CdcSpan *before, CdcSpan *after, CdcRowResult *result)
{
	const CdcTemplate *template = event->table->template;
	CdcRowResult ignored = {0};

	if (buf->avro)
	{
		cdc_event_value_avro(buf, event, counters, before, after, result);
		return;
	}
	cdc_buf_append(buf, template->value_head.data, template->value_head.len);
	*before = write_row_or_null(buf, event, event->before, counters, &ignored);
	cdc_buf_literal(buf, ",\"after\":");
	*after = write_row_or_null(buf, event, event->after, counters, result);
	cdc_source_write(buf, event->source, template->source_table, event->lsn);
	cdc_block_write(buf, event->block);
	cdc_buf_literal(buf, ",\"op\":\"");
	cdc_buf_char(buf, event->op);
	cdc_buf_char(buf, '"');
	cdc_clock_write(buf);
	cdc_buf_append(buf, template->value_tail, strlen(template->value_tail));
}
