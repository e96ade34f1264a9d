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
write_id(CdcBuf *buf, TransactionId xid, XLogRecPtr lsn)
{
	cdc_buf_literal(buf, "\"id\":\"");
	cdc_json_uint64(buf, xid);
	cdc_buf_char(buf, ':');
	cdc_json_uint64(buf, lsn);
	cdc_buf_char(buf, '"');
}

static void
write_end(CdcBuf *buf, CdcSlice head, int64 time_us)
{
	cdc_buf_literal(buf, ",\"ts_ms\":");
	cdc_json_int64(buf, time_us / 1000 - (time_us % 1000 < 0 ? 1 : 0));
	cdc_buf_char(buf, '}');
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}

void
cdc_transaction_key(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn)
{
	CdcSlice head = constants->transaction_key_head;

	cdc_buf_append(buf, head.data, head.len);
	cdc_buf_char(buf, '{');
	write_id(buf, xid, lsn);
	cdc_buf_char(buf, '}');
	if (head.len > 0)
		cdc_buf_char(buf, '}');
}

void
cdc_transaction_begin(CdcBuf *buf, const CdcEventConstants *constants, TransactionId xid, XLogRecPtr lsn, int64 time_us)
{
	CdcSlice head = constants->transaction_value_head;

	cdc_buf_append(buf, head.data, head.len);
	cdc_buf_literal(buf, "{\"status\":\"BEGIN\",");
	write_id(buf, xid, lsn);
	cdc_buf_literal(buf, ",\"event_count\":null,\"data_collections\":null");
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

	cdc_buf_append(buf, head.data, head.len);
	cdc_buf_literal(buf, "{\"status\":\"END\",");
	write_id(buf, xid, lsn);
	cdc_buf_literal(buf, ",\"event_count\":");
	cdc_json_int64(buf, events);
	cdc_buf_literal(buf, ",\"data_collections\":[");
	for (int i = 0; i < ncollections; i++)
	{
		const CdcCollectionCount *collection = &collections[order[i]];

		if (i > 0)
			cdc_buf_char(buf, ',');
		cdc_buf_literal(buf, "{\"data_collection\":");
		cdc_json_string(buf, collection->collection, strlen(collection->collection));
		cdc_buf_literal(buf, ",\"event_count\":");
		cdc_json_int64(buf, collection->count);
		cdc_buf_char(buf, '}');
	}
	cdc_buf_char(buf, ']');
	write_end(buf, head, time_us);
}
