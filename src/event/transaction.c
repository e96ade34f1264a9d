/*
 * transaction.c
 *		Records that mark the begin and end of a transaction.
 *
 * Format reference, section 8.  The id holds the LSN of the position at which
 * it was made, so BEGIN and END have different ids.
 */
#include "postgres.h"

#include "event/event.h"
#include "json/java.h"

static void
write_id(CdcBuf *buf, bool first, TransactionId xid, XLogRecPtr lsn)
{
	char id[2 * CDC_UINT64_LEN + 1];
	int len = cdc_uint64_digits(xid, id);

	id[len++] = ':';
	len += cdc_uint64_digits(lsn, id + len);
	cdc_put_member(buf, first, "id", 2);
	cdc_put_plain(buf, id, len);
}

static void
write_start(CdcBuf *buf, CdcSlice head, const char *status, TransactionId xid, XLogRecPtr lsn)
{
	cdc_buf_append(buf, head.data, head.len);
	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "status", 6);
	cdc_put_plain(buf, status, strlen(status));
	write_id(buf, false, xid, lsn);
	cdc_put_member(buf, false, "event_count", 11);
}

static void
write_end(CdcBuf *buf, CdcSlice head, int64 time_us)
{
	cdc_put_member(buf, false, "ts_ms", 5);
	cdc_put_int64(buf, time_us / 1000 - (time_us % 1000 < 0 ? 1 : 0));
	cdc_put_struct_end(buf);
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}

void
cdc_transaction_key(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn)
{
	CdcSlice head = constants->transaction_key_head;

	cdc_buf_append(buf, head.data, head.len);
	cdc_put_struct_begin(buf);
	write_id(buf, true, xid, lsn);
	cdc_put_struct_end(buf);
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}

void
cdc_transaction_begin(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn, int64 time_us)
{
	CdcSlice head = constants->transaction_value_head;

	write_start(buf, head, "BEGIN", xid, lsn);
	cdc_put_null(buf);
	cdc_put_member(buf, false, "data_collections", 16);
	cdc_put_null(buf);
	write_end(buf, head, time_us);
}

/* The collections come in the order of the HashMap that Debezium counts them in. */
void
cdc_transaction_end(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn, int64 time_us,
					int64 events, const CdcCollectionCount *collections, int ncollections)
{
	CdcSlice head = constants->transaction_value_head;
	CdcSlice *names = palloc(sizeof(CdcSlice) * Max(ncollections, 1));
	int *order = palloc(sizeof(int) * Max(ncollections, 1));

	for (int i = 0; i < ncollections; i++)
	{
		names[i].data = collections[i].collection;
		names[i].len = strlen(collections[i].collection);
	}
	cdc_java_hashmap_order(names, ncollections, order);

	write_start(buf, head, "END", xid, lsn);
	cdc_put_present(buf);
	cdc_put_int64(buf, events);
	cdc_put_member(buf, false, "data_collections", 16);
	cdc_put_present(buf);
	cdc_put_array_begin(buf, ncollections);
	for (int i = 0; i < ncollections; i++)
	{
		const CdcCollectionCount *collection = &collections[order[i]];

		cdc_put_array_next(buf, i == 0);
		cdc_put_present(buf);
		cdc_put_struct_begin(buf);
		cdc_put_member(buf, true, "data_collection", 15);
		cdc_put_string(buf, collection->collection, strlen(collection->collection));
		cdc_put_member(buf, false, "event_count", 11);
		cdc_put_int64(buf, collection->count);
		cdc_put_struct_end(buf);
	}
	cdc_put_array_end(buf);
	write_end(buf, head, time_us);
}
