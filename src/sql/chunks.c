/*
 * chunks.c
 *		What a snapshot by several sessions needs to know: cdc_json.chunks()
 *		and cdc_json.snapshot_position().
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "storage/block.h"
#include "storage/bufmgr.h"
#include "storage/itemptr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/pg_lsn.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "sql/reader.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_chunks);
PG_FUNCTION_INFO_V1(cdc_json_snapshot_position);

static Datum
tid(BlockNumber block)
{
	ItemPointer result = palloc(sizeof(ItemPointerData));

	ItemPointerSet(result, block, 0);
	return PointerGetDatum(result);
}

static void
put_chunk(ReturnSetInfo *result, Oid relid, BlockNumber from, BlockNumber to, double rows)
{
	Datum values[4];
	bool nulls[4] = {false};

	values[0] = ObjectIdGetDatum(relid);
	values[1] = tid(from);
	values[2] = tid(to);
	values[3] = Int64GetDatum((int64) rint(rows));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Chunks of one heap.  The last one has no end: rows that come to lie behind
 * the blocks of now belong to it.
 */
static void
put_heap(ReturnSetInfo *result, Relation heap, int64 target)
{
	BlockNumber pages;
	double rows;
	double visible;
	double chunk_pages;
	BlockNumber from = 0;

	estimate_rel_size(heap, NULL, &pages, &rows, &visible);
	/* an empty table is estimated as if it had a few pages */
	pages = RelationGetNumberOfBlocks(heap);
	if (pages == 0)
		rows = 0;
	chunk_pages = rows > 0 ? floor((double) target / (rows / pages)) : pages;
	/* not every kind of table can be read in parts */
	if (!heap->rd_tableam->scan_set_tidrange || chunk_pages >= pages)
		chunk_pages = pages;
	chunk_pages = Max(chunk_pages, 1);
	while (from + chunk_pages < pages)
	{
		CHECK_FOR_INTERRUPTS();
		put_chunk(result, RelationGetRelid(heap), from, from + (BlockNumber) chunk_pages, rows / pages * chunk_pages);
		from += (BlockNumber) chunk_pages;
	}
	put_chunk(result, RelationGetRelid(heap), from, InvalidBlockNumber, pages > 0 ? rows / pages * (pages - from) : 0);
}

Datum
cdc_json_chunks(PG_FUNCTION_ARGS)
{
	int64 target = PG_GETARG_INT64(1);
	Relation relation;
	ListCell *cell;

	if (target <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("target_rows must be greater than zero")));
	InitMaterializedSRF(fcinfo, 0);
	relation = cdc_open_for_reading(PG_GETARG_OID(0));
	foreach(cell, cdc_heaps(relation))
	{
		Relation heap = table_open(lfirst_oid(cell), AccessShareLock);

		cdc_reader_check_file(heap, GetActiveSnapshot());
		put_heap((ReturnSetInfo *) fcinfo->resultinfo, heap, target);
		table_close(heap, NoLock);
	}
	table_close(relation, NoLock);
	return (Datum) 0;
}

/*
 * The LSN is read after the snapshot was taken.  A transaction is visible only
 * after its commit record is in the log, so the records of all that the
 * snapshot sees lie before it.  A standby shows a transaction's end while it
 * replays the record: there the record being replayed counts as well.
 */
Datum
cdc_json_snapshot_position(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	Datum values[2];
	bool nulls[2] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = OidFunctionCall0(F_PG_CURRENT_SNAPSHOT);
	values[1] = LSNGetDatum(RecoveryInProgress() ? GetCurrentReplayRecPtr(NULL) : GetXLogInsertRecPtr());
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
