/*
 * flat_field.c
 *		The value of a field that add.fields or add.headers names.
 *
 * Values are those of the envelope's members, as an event would have them,
 * but without the defaults of its schema (FieldReference.getValue).
 */
#include "postgres.h"

#include "event/flat.h"

static void
write_number_or_null(CdcBuf *buf, bool is_null, int64 number)
{
	if (is_null)
		cdc_json_null(buf);
	else
		cdc_json_int64(buf, number);
}

static void
write_unsigned_or_null(CdcBuf *buf, bool is_null, uint64 number)
{
	if (is_null)
		cdc_json_null(buf);
	else
		cdc_json_uint64(buf, number);
}

/* A member of the transaction's block, which may be null. */
static void
write_block_field(CdcBuf *buf, CdcFieldKind kind, const CdcBlock *block)
{
	if (!block)
		cdc_json_null(buf);
	else if (kind == CDC_FIELD_TRANSACTION_ID)
	{
		cdc_buf_char(buf, '"');
		cdc_json_uint64(buf, block->xid);
		cdc_buf_char(buf, ':');
		cdc_json_uint64(buf, block->lsn);
		cdc_buf_char(buf, '"');
	}
	else
		cdc_json_int64(buf, kind == CDC_FIELD_TRANSACTION_TOTAL_ORDER ? block->total_order : block->data_collection_order);
}

/* "[\"24023128\",\"24023128\"]", as in the source struct */
static void
write_sequence(CdcBuf *buf, const CdcSource *source, XLogRecPtr lsn)
{
	cdc_buf_literal(buf, "\"[");
	if (source->last_commit == InvalidXLogRecPtr)
		cdc_json_null(buf);
	else
	{
		cdc_buf_literal(buf, "\\\"");
		cdc_json_uint64(buf, source->last_commit);
		cdc_buf_literal(buf, "\\\"");
	}
	cdc_buf_char(buf, ',');
	if (source->no_lsn)
		cdc_json_null(buf);
	else
	{
		cdc_buf_literal(buf, "\\\"");
		cdc_json_uint64(buf, lsn);
		cdc_buf_literal(buf, "\\\"");
	}
	cdc_buf_literal(buf, "]\"");
}

static void
write_source_field(CdcBuf *buf, CdcFieldKind kind, const CdcSource *source, XLogRecPtr lsn)
{
	switch (kind)
	{
		case CDC_FIELD_SOURCE_TS_MS:
			cdc_json_int64(buf, source->time_us / 1000 - (source->time_us % 1000 < 0 ? 1 : 0));
			break;
		case CDC_FIELD_SOURCE_TS_US:
			cdc_json_int64(buf, source->time_us);
			break;
		case CDC_FIELD_SOURCE_TS_NS:
			cdc_json_int64(buf, source->time_us * 1000 + source->nanoseconds);
			break;
		case CDC_FIELD_SOURCE_SNAPSHOT:
			/* without its default, which is what streamed events show */
			if (source->snapshot)
				cdc_json_plain(buf, source->snapshot, strlen(source->snapshot));
			else
				cdc_json_null(buf);
			break;
		case CDC_FIELD_SOURCE_SEQUENCE:
			write_sequence(buf, source, lsn);
			break;
		case CDC_FIELD_SOURCE_TXID:
			write_unsigned_or_null(buf, source->xid == 0, source->xid);
			break;
		case CDC_FIELD_SOURCE_LSN:
			write_unsigned_or_null(buf, source->no_lsn || source->lsn_in_sequence_only, lsn);
			break;
		case CDC_FIELD_SOURCE_ORIGIN:
			if (source->origin)
				cdc_json_string(buf, source->origin, strlen(source->origin));
			else
				cdc_json_null(buf);
			break;
		case CDC_FIELD_SOURCE_ORIGIN_LSN:
			write_unsigned_or_null(buf, source->origin == NULL, source->origin_lsn);
			break;
		default:
			cdc_json_null(buf); /* xmin */
	}
}

void
cdc_flat_field_write(CdcBuf *buf, CdcFlatField *field, const CdcEvent *event, CdcCounters *counters)
{
	CdcRowResult ignored = {0};
	const CdcRow *row;

	if (field->constant.data)
	{
		cdc_buf_append(buf, field->constant.data, field->constant.len);
		return;
	}
	switch (field->kind)
	{
		case CDC_FIELD_OP:
			cdc_json_plain(buf, &event->op, 1);
			break;
		case CDC_FIELD_TS_MS:
			write_number_or_null(buf, false, event->clock / 1000000);
			break;
		case CDC_FIELD_TS_US:
			write_number_or_null(buf, false, event->clock / 1000);
			break;
		case CDC_FIELD_TS_NS:
			write_number_or_null(buf, false, event->clock);
			break;
		case CDC_FIELD_BEFORE:
		case CDC_FIELD_AFTER:
			row = field->kind == CDC_FIELD_BEFORE ? event->before : event->after;
			if (row)
				cdc_column_write(buf, &field->column, row, false, counters, event->table, &ignored);
			else
				cdc_json_null(buf);
			break;
		case CDC_FIELD_TRANSACTION_ID:
		case CDC_FIELD_TRANSACTION_TOTAL_ORDER:
		case CDC_FIELD_TRANSACTION_DATA_COLLECTION_ORDER:
			write_block_field(buf, field->kind, event->block);
			break;
		default:
			write_source_field(buf, field->kind, event->source, event->lsn);
	}
}
