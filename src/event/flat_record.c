/*
 * flat_record.c
 *		Flattened records: what becomes of each event, and its value.
 *
 * ExtractNewRecordState.doApply() and DefaultDeleteHandlingStrategy.  A row is
 * written as in an event, and what is added to it follows before its closing
 * brace.
 */
#include "postgres.h"

#include "event/flat.h"
#include "event/headers.h"
#include "frame.h"

/*
 * Which columns drop.fields.header.name leaves out of this row, in the
 * change's memory; NULL for none.  Columns that were replaced because the row
 * is too large stay: the record is being made smaller in another way.
 */
static bool *
find_dropped(const CdcEvent *event, const CdcRow *row, const CdcOptions *options)
{
	const CdcTable *table = event->table;
	bool *dropped = NULL;

	if (!options->drop_fields_header || options->quirks || row != event->after)
		return NULL;
	for (int i = 0; i < table->ncolumns; i++)
	{
		const CdcColumn *column = &table->columns[i];

		if (!cdc_column_unavailable(column, row) || (options->drop_keeps_compatible && !column->schema->optional))
			continue;
		if (!dropped)
			dropped = palloc0(sizeof(bool) * table->ncolumns);
		dropped[i] = true;
	}
	return dropped;
}

/* A row without some of its columns, up to its closing brace; those count as unavailable all the same. */
static void
write_partial_row(CdcBuf *buf, const CdcEvent *event, const CdcRow *row, const bool *dropped, CdcCounters *counters, CdcRowResult *result)
{
	CdcTable *table = event->table;
	bool first = true;

	cdc_json_struct_begin(buf);
	for (int i = 0; i < table->ncolumns; i++)
	{
		CdcColumn *column = &table->columns[i];

		if (dropped[i])
		{
			result->unavailable++;
			continue;
		}
		cdc_json_member(buf, first, column->field, strlen(column->field));
		cdc_column_write(buf, column, row, row->replaced && row->replaced[i], counters, table, result);
		first = false;
	}
}

/* The flat value of a record; "before" for a delete, else "after". */
static void
write_flat(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	CdcRecordWriter *writer = buf->owner;
	CdcSetup *setup = writer->setup;
	const CdcEvent *event = record->event;
	const CdcTemplate *template = event->table->template;
	const struct CdcFlat *flat = template->flat;
	bool deleted = event->op == 'd';
	const CdcRow *row = deleted ? event->before : event->after;
	bool *dropped = find_dropped(event, row, setup->options);
	CdcSlice head = flat->head;
	CdcRowResult ignored = {0};
	CdcRowResult *result = deleted ? &ignored : &record->result;
	CdcSpan *span = deleted ? &record->before : &record->after;
	bool first = event->table->ncolumns == 0;

	if (dropped)
		head = cdc_event_head(setup->constants.value_settings, cdc_flat_schema_without(&setup->constants, event->table, flat, dropped));
	cdc_buf_append(buf, head.data, head.len);
	span->start = buf->len;
	if (dropped)
	{
		size_t start = cdc_buf_position(buf);

		write_partial_row(buf, event, row, dropped, &setup->counters, result);
		first = cdc_buf_position(buf) == start + 1;
	}
	else
	{
		cdc_row_write(buf, event->table->columns, event->table->ncolumns, row, &setup->counters, event->table, result);
		buf->len--; /* the closing brace: more may follow */
	}
	if (flat->deleted)
	{
		cdc_json_member(buf, first, "__deleted", 9);
		cdc_json_plain(buf, deleted ? "true" : "false", deleted ? 4 : 5);
		first = false;
	}
	for (int i = 0; i < flat->nfields; i++)
	{
		size_t skip = first ? 1 : 0; /* the comma */

		cdc_buf_append(buf, flat->fields[i].member.data + skip, flat->fields[i].member.len - skip);
		cdc_flat_field_write(buf, &flat->fields[i], event, &setup->counters);
		first = false;
	}
	cdc_buf_char(buf, '}');
	span->len = buf->len - span->start;
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}

/* A delete as the value null (DefaultDeleteHandlingStrategy, TOMBSTONE: its schema stays). */
static void
write_null(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	const CdcTemplate *template = record->event->table->template;

	cdc_buf_append(buf, template->flat->null_value.data, template->flat->null_value.len);
}

/* ---------- records ---------- */

/* A tombstone has no envelope to take more from than that it is of a delete. */
static void
write_flat_headers(CdcHeaders *headers, CdcRecord *record)
{
	const CdcTemplate *template = record->event->table->template;
	const struct CdcFlat *flat = template->flat;

	for (int i = 0; i < flat->nheaders; i++)
	{
		CdcFlatField *field = &flat->headers[i];
		CdcBuf value;

		if (!cdc_header_allowed(headers, field->name))
			continue;
		if (record->kind == CDC_FRAME_TOMBSTONE)
		{
			if (field->kind == CDC_FIELD_OP)
				cdc_header_string(headers, field->name, "d", 1);
			continue;
		}
		cdc_buf_palloc(&value, 64);
		cdc_flat_field_write(&value, field, record->event, &headers->writer->setup->counters);
		cdc_header_json(headers, field->name, value.data, value.len);
		pfree(value.data);
	}
}

/* The topic that a column names; a blank or missing one leaves the record where it is. */
static void
route(CdcRecord *record, CdcRecordWriter *writer, CdcColumn *column, const CdcRow *row)
{
	CdcRowResult result = {0};
	CdcSlice text;
	CdcBuf value;

	if (row->nulls[column->attnum - 1] || cdc_column_unavailable(column, row))
		return;
	cdc_buf_palloc(&value, 64);
	cdc_column_write(&value, column, row, false, &writer->setup->counters, record->event->table, &result);
	if (value.len < 2 || value.data[0] != '"')
		return;
	text = cdc_unquote(value.data, value.len);
	if (text.len == 0 || strspn(pnstrdup(text.data, text.len), " \t\n\v\f\r") == text.len)
		return;
	cdc_record_topic(record, writer, pnstrdup(text.data, text.len));
}

static bool
shape_delete(CdcRecord *record, const CdcOptions *options)
{
	if (!record->event->before)
		return false; /* as a truncate: there is nothing to extract */
	switch (options->delete_handling)
	{
		case CDC_DELETE_DROP:
			return false;
		case CDC_DELETE_TOMBSTONE:
			record->write_value = write_null;
			break;
		case CDC_DELETE_TO_TOMBSTONE:
			record->has_value = false;
			break;
		case CDC_DELETE_REWRITE:
		case CDC_DELETE_REWRITE_WITH_TOMBSTONE:
			record->write_value = write_flat;
			break;
	}
	return true;
}

/* CdcTemplate.shape: ExtractNewRecordState.doApply() */
bool
cdc_flat_shape(CdcRecord *record, CdcRecordWriter *writer)
{
	const CdcOptions *options = writer->setup->options;
	CdcEvent *event = record->event;
	const CdcTemplate *template = event->table->template;
	const struct CdcFlat *flat = template->flat;

	if (flat->nheaders > 0)
		record->write_headers = write_flat_headers;
	if (record->kind == CDC_FRAME_TOMBSTONE)
		return options->delete_handling == CDC_DELETE_REWRITE_WITH_TOMBSTONE;
	if (flat->needs_clock)
		event->clock = cdc_clock_ns();
	if (record->kind == 'd')
	{
		if (!shape_delete(record, options))
			return false;
	}
	else if (!event->after)
		return false; /* a truncate */
	else
		record->write_value = write_flat;
	if (flat->route)
		route(record, writer, flat->route, event->after ? event->after : event->before);
	return true;
}
