/*
 * source.c
 *		The parts of an event that say where and when: "source",
 *		"transaction", and the clock.
 */
#include "postgres.h"

#include <time.h>

#include "event/event.h"

static void
restart(CdcBuf *buf)
{
	if (!buf->data)
		cdc_buf_palloc(buf, 256);
	buf->len = 0;
}

/*
 * Renders what is the same for all events of a transaction.  The buffers are
 * kept from one transaction to the next; they live in the context that was
 * current at the first call.
 */
void
cdc_source_render(CdcSource *source, const CdcEventConstants *constants)
{
	CdcBuf *buf = &source->head;
	int64 milliseconds = source->time_us / 1000 - (source->time_us % 1000 < 0 ? 1 : 0);

	if (constants->value_settings->converter->kind == CDC_CONVERTER_AVRO)
	{
		cdc_source_render_avro(source, constants);
		return;
	}
	buf->ascii = source->origin_text.ascii = constants->value_settings->ascii;
	restart(buf);
	cdc_buf_append(buf, constants->source_head.data, constants->source_head.len);
	cdc_json_int64(buf, milliseconds);
	if (source->snapshot)
	{
		cdc_buf_literal(buf, ",\"snapshot\":");
		cdc_json_plain(buf, source->snapshot, strlen(source->snapshot));
	}
	else
		cdc_buf_append(buf, constants->source_snapshot.data, constants->source_snapshot.len);
	cdc_buf_append(buf, constants->source_database.data, constants->source_database.len);
	if (source->last_commit == InvalidXLogRecPtr)
		cdc_buf_literal(buf, "null,");
	else
	{
		cdc_buf_literal(buf, "\\\"");
		cdc_json_uint64(buf, source->last_commit);
		cdc_buf_literal(buf, "\\\",");
	}
	if (!source->no_lsn)
		cdc_buf_literal(buf, "\\\"");

	buf = &source->times;
	restart(buf);
	if (!source->no_lsn)
		cdc_buf_literal(buf, "\\\"");
	cdc_buf_literal(buf, "]\",\"ts_us\":");
	cdc_json_int64(buf, source->time_us);
	cdc_buf_literal(buf, ",\"ts_ns\":");
	cdc_json_int64(buf, source->time_us * 1000 + source->nanoseconds);

	buf = &source->xid_text;
	restart(buf);
	if (source->xid != 0)
		cdc_json_uint64(buf, source->xid);
	else
		cdc_json_null(buf);
	cdc_buf_literal(buf, ",\"lsn\":");

	buf = &source->origin_text;
	restart(buf);
	cdc_buf_literal(buf, ",\"xmin\":null,\"origin\":");
	if (source->origin)
		cdc_json_string(buf, source->origin, strlen(source->origin));
	else
		cdc_json_null(buf);
	cdc_buf_literal(buf, ",\"origin_lsn\":");
	if (source->origin)
		cdc_json_uint64(buf, source->origin_lsn);
	else
		cdc_json_null(buf);
	cdc_buf_char(buf, '}');
}

/* Copies to the cursor, and returns where it goes on. */
static inline char *
put(char *p, const char *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

#define put_literal(p, s) put(p, "" s, sizeof(s) - 1)

/* Appends ,"source":{…}; "table" is the constant part with schema and table. */
void
cdc_source_write(CdcBuf *buf, const CdcSource *source, CdcSlice table, XLogRecPtr lsn)
{
	size_t constant = source->head.len + source->times.len + table.len + source->xid_text.len + source->origin_text.len;
	char *start = cdc_buf_reserve(buf, constant + 2 * CDC_UINT64_LEN);
	char *p = start;
	char digits[CDC_UINT64_LEN] = "null"; /* of a snapshot's row there may be none */
	int ndigits = source->no_lsn ? 4 : cdc_uint64_digits(lsn, digits);

	if (buf->avro)
	{
		cdc_source_write_avro(buf, source, table, lsn);
		return;
	}
	p = put(p, source->head.data, source->head.len);
	p = put(p, digits, ndigits);
	p = put(p, source->times.data, source->times.len);
	p = put(p, table.data, table.len);
	p = put(p, source->xid_text.data, source->xid_text.len);
	if (source->lsn_in_sequence_only)
		p = put_literal(p, "null");
	else
		p = put(p, digits, ndigits);
	p = put(p, source->origin_text.data, source->origin_text.len);
	cdc_buf_commit(buf, p - start);
}

/* Appends ,"transaction":… */
void
cdc_block_write(CdcBuf *buf, const CdcBlock *block)
{
	if (buf->avro)
	{
		cdc_block_write_avro(buf, block);
		return;
	}
	if (!block)
	{
		cdc_buf_literal(buf, ",\"transaction\":null");
		return;
	}
	cdc_buf_literal(buf, ",\"transaction\":{\"id\":\"");
	cdc_json_uint64(buf, block->xid);
	cdc_buf_char(buf, ':');
	cdc_json_uint64(buf, block->lsn);
	cdc_buf_literal(buf, "\",\"total_order\":");
	cdc_json_int64(buf, block->total_order);
	cdc_buf_literal(buf, ",\"data_collection_order\":");
	cdc_json_int64(buf, block->data_collection_order);
	cdc_buf_char(buf, '}');
}

/*
 * Appends ,"ts_ms":…,"ts_us":…,"ts_ns":… of one reading of the clock.  The
 * digits of the first two are the first digits of the third.
 */
void
cdc_clock_write(CdcBuf *buf)
{
	char *start = cdc_buf_reserve(buf, 3 * (CDC_UINT64_LEN + 9));
	char *p = start;
	struct timespec now;
	char digits[CDC_UINT64_LEN];
	int ndigits;

	clock_gettime(CLOCK_REALTIME, &now);
	ndigits = cdc_uint64_digits((uint64) now.tv_sec * 1000000000 + now.tv_nsec, digits);
	p = put_literal(p, ",\"ts_ms\":");
	p = put(p, digits, ndigits - 6);
	p = put_literal(p, ",\"ts_us\":");
	p = put(p, digits, ndigits - 3);
	p = put_literal(p, ",\"ts_ns\":");
	p = put(p, digits, ndigits);
	cdc_buf_commit(buf, p - start);
}

uint64
cdc_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

int64
cdc_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
