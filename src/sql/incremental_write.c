/*
 * incremental_write.c
 *		Rows of a chunk, as logical messages.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "miscadmin.h"
#include "replication/message.h"
#include "utils/memutils.h"

#include "compat.h"
#include "sql/incremental.h"
#include "value/value.h"

/* Rows are collected up to this size: a message costs little, but memory where it is decoded. */
#define MESSAGE_SIZE (64 * 1024)

/*
 * A message must be smaller than 1 GB, as any record of the log and any piece
 * of memory.  A row of that size loses its largest values.
 */
#define ROW_LIMIT ((size_t) 1000000000)

void
cdc_chunk_writer_init(CdcChunkWriter *writer, Relation relation, const CdcJob *job, const CdcJobTable *table)
{
	int natts = Max(RelationGetNumberOfAttributes(relation), 1);

	memset(writer, 0, sizeof(*writer));
	writer->relation = relation;
	memcpy(writer->header.token, table->token, CDC_TOKEN_SIZE);
	if (job->slot)
		strlcpy(writer->header.slot, job->slot, NAMEDATALEN);
	writer->header.relid = RelationGetRelid(relation);
	writer->header.fingerprint = cdc_image_fingerprint(RelationGetDescr(relation));
	writer->values = palloc(sizeof(Datum) * natts);
	writer->unavailable = palloc(sizeof(bool) * natts);
	cdc_buf_palloc(&writer->buf, MESSAGE_SIZE + MESSAGE_SIZE / 8);
	cdc_image_begin(&writer->buf, &writer->header);
}

void
cdc_chunk_writer_flush(CdcChunkWriter *writer)
{
	if (writer->rows == 0)
		return;
	cdc_image_end(&writer->buf, writer->rows);
	cdc_log_message(CDC_SNAPSHOT_PREFIX, writer->buf.data, writer->buf.len);
	writer->total += writer->rows;
	writer->rows = 0;
	if (writer->buf.cap > 16 * MESSAGE_SIZE)
	{
		/* one large row does not stay */
		pfree(writer->buf.data);
		cdc_buf_palloc(&writer->buf, MESSAGE_SIZE + MESSAGE_SIZE / 8);
	}
	writer->buf.len = 0;
	cdc_image_begin(&writer->buf, &writer->header);
}

typedef struct Fetch
{
	struct varlena *value;
	struct varlena *result;
} Fetch;

static void
call_fetch(void *arg)
{
	Fetch *fetch = arg;

	fetch->result = detoast_external_attr(fetch->value);
}

/* Fetches what is kept out of line; it stays compressed.  False when it cannot be read: it is broken. */
static bool
fetch_value(Datum value, Datum *result)
{
	Fetch fetch = {(struct varlena *) DatumGetPointer(value), NULL};

	if (!cdc_guard_errors(call_fetch, &fetch))
		return false;
	*result = PointerGetDatum(fetch.result);
	return true;
}

/* Makes the largest values unavailable until the row is small enough; gives its size. */
static size_t
limit_row(CdcChunkWriter *writer, const Datum *values, const bool *nulls)
{
	TupleDesc desc = RelationGetDescr(writer->relation);
	size_t size = desc->natts;

	for (int i = 0; i < desc->natts; i++)
	{
		writer->unavailable[i] = false;
		if (!nulls[i])
			size += cdc_image_size(TupleDescAttr(desc, i), values[i]);
	}
	while (size > ROW_LIMIT)
	{
		size_t largest = 0;
		int which = 0;

		for (int i = 0; i < desc->natts; i++)
		{
			size_t one = nulls[i] || writer->unavailable[i] ? 0 : cdc_image_size(TupleDescAttr(desc, i), values[i]);

			if (one > largest)
			{
				largest = one;
				which = i;
			}
		}
		if (largest == 0)
			break;
		writer->unavailable[which] = true;
		size -= largest;
	}
	return size;
}

/* Appends the row.  Values are as in the table: some may lie out of line. */
void
cdc_chunk_writer_row(CdcChunkWriter *writer, const Datum *values, const bool *nulls)
{
	TupleDesc desc = RelationGetDescr(writer->relation);
	size_t size = limit_row(writer, values, nulls);

	/* a row is not added to a message that it makes much too large */
	if (writer->buf.len + size > 2 * MESSAGE_SIZE)
		cdc_chunk_writer_flush(writer);
	for (int i = 0; i < desc->natts; i++)
	{
		writer->values[i] = values[i];
		if (nulls[i] || writer->unavailable[i] || TupleDescAttr(desc, i)->attlen != -1 ||
			!VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(values[i])))
			continue;
		writer->unavailable[i] = !fetch_value(values[i], &writer->values[i]);
	}
	(void) cdc_buf_reserve(&writer->buf, size + BITMAPLEN(desc->natts) * 2);
	cdc_image_row(&writer->buf, desc, writer->values, nulls, writer->unavailable);
	writer->rows++;
	for (int i = 0; i < desc->natts; i++)
	{
		if (!nulls[i] && !writer->unavailable[i] && writer->values[i] != values[i])
			pfree(DatumGetPointer(writer->values[i]));
	}
	if (writer->buf.len >= MESSAGE_SIZE)
		cdc_chunk_writer_flush(writer);
}
