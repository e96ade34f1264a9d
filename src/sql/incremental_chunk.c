/*
 * incremental_chunk.c
 *		One chunk of an incremental snapshot, in one transaction.
 *
 * In this order, so that nothing is waited for while something is held:
 *
 * 1. lock the table, if that can be had at once, and check that the caller may
 *    read and lock its rows;
 * 2. find rows by a query that locks nothing;
 * 3. give the job's row a new token, which the plugin wants to have seen;
 * 4. lock each row, if that can be had at once, and write it to the log as it
 *    is now.  The caller's "where" has no say any more;
 * 5. store where to go on, and the keys of rows that were locked.
 *
 * The query's snapshot is held until the end: no row that it sees is removed,
 * and no other takes its place.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "sql/incremental.h"
#include "sql/reader.h"
#include "table/own.h"

/* The rate is that of about so many seconds. */
#define RATE_SECONDS 5.0

/* A row that was found. */
typedef struct Candidate
{
	ItemPointerData tid;
	bytea *key; /* NULL: not made yet */
} Candidate;

/* A chunk being done. */
typedef struct Chunk
{
	CdcWorker *worker;
	CdcJobTable *table;
	Relation relation;
	CdcOrder *order;
	Snapshot snapshot;
	bool incomplete; /* updates may leave out values of a row: they lie out of line */
	Candidate *candidates;
	int ncandidates;
	CdcRetry left; /* rows that were locked */
	int64 lost; /* rows that could not be found any more */
	int64 written;
} Chunk;

/* ---------- the table ---------- */

/* What SELECT … FOR SHARE asks for beside SELECT. */
static void
check_lock_rights(Relation relation)
{
	Oid relid = RelationGetRelid(relation);

	if (pg_class_aclcheck(relid, GetUserId(), ACL_UPDATE) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relid, GetUserId(), ACL_UPDATE, ACLMASK_ANY) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to lock rows of table \"%s\"", RelationGetRelationName(relation)),
				 errdetail("An incremental snapshot locks the rows that it reads, as SELECT FOR SHARE does."),
				 errhint("GRANT UPDATE on the table, or on one column of it.")));
	/* places of rows are columns, too, which have no rights of their own */
	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table \"%s\"", RelationGetRelationName(relation)),
				 errhint("GRANT SELECT on the table: on its columns is not enough.")));
}

static void
check_in_log(Relation relation)
{
	AttrNumber token;

	if (relation->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("changes of table \"%s\" are not in the log", RelationGetRelationName(relation)),
				 errdetail("It is %s.", relation->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED ? "an unlogged table" : "a temporary table"),
				 errhint("SELECT cdc_json.read_event() from it.")));
	if (cdc_table_is_own(relation, &token))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" belongs to extension cdc_json", RelationGetRelationName(relation))));
}

/*
 * Opens a table whose rows the caller may read and lock; raises an error for
 * anything else.  NULL when it was dropped, or (*busy) is locked by somebody
 * else.  Its lock keeps away only what would change its shape.
 */
Relation
cdc_chunk_open(Oid relid, bool *busy)
{
	Relation relation;

	*busy = !ConditionalLockRelationOid(relid, RowShareLock);
	if (*busy)
		return NULL;
	AcceptInvalidationMessages();
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
	{
		UnlockRelationOid(relid, RowShareLock);
		return NULL;
	}
	relation = cdc_open_for_reading(relid);
	check_in_log(relation);
	if (relation->rd_rel->relkind == RELKIND_RELATION)
		check_lock_rights(relation);
	return relation;
}

/* May an update's new tuple lack values, because they lie out of line and did not change? */
static bool
may_be_incomplete(Relation relation)
{
	return OidIsValid(relation->rd_rel->reltoastrelid) && relation->rd_rel->relreplident != REPLICA_IDENTITY_FULL;
}

/* 64 bits of a transaction id that is not in the future. */
static uint64
full_xid(TransactionId xid)
{
	FullTransactionId next = ReadNextFullTransactionId();
	uint32 epoch = EpochFromFullTransactionId(next);

	if (xid > XidFromFullTransactionId(next))
		epoch--;
	return U64FromFullTransactionId(FullTransactionIdFromEpochAndXid(epoch, xid));
}

/* Begins the table, or begins it again. */
static void
start_table(Chunk *chunk)
{
	CdcJobTable *table = chunk->table;
	BlockNumber pages;
	double rows;
	double visible;

	cdc_retry_clear(&chunk->worker->store, table);
	estimate_rel_size(chunk->relation, NULL, &pages, &rows, &visible);
	table->blocks = RelationGetNumberOfBlocks(chunk->relation);
	table->estimate = chunk->worker->job.condition ? -1 : table->blocks == 0 ? 0
																			 : (int64) rows;
	table->position = NULL;
	table->round = 0;
	table->lost = 0;
	table->rows = 0;
	table->threshold = full_xid(chunk->snapshot->xmin);
	table->started = GetCurrentTimestamp();
	table->state = CDC_JOB_READING;
}

/*
 * Is what was stored still of use?  Not when the key has changed, nor, without
 * a key, when the table was rewritten: rows are elsewhere then.
 */
static bool
position_is_good(Chunk *chunk)
{
	CdcJobTable *table = chunk->table;
	Datum values[INDEX_MAX_KEYS];
	CdcRetry retry;

	if (chunk->order->nkeys == 0 && table->file != chunk->relation->rd_rel->relfilenode)
		return false;
	if (table->position && !cdc_key_decode(chunk->order, table->position, values))
		return false;
	if (table->state == CDC_JOB_RETRYING && cdc_retry_next(&chunk->worker->store, table, &retry))
		return cdc_key_decode(chunk->order, retry.keys[0], values);
	return true;
}

/* ---------- finding rows ---------- */

static SPIPlanPtr
plan(Chunk *chunk, CdcQueryKind kind)
{
	CdcWorker *worker = chunk->worker;

	return cdc_query_plan(&worker->queries[kind], worker->mcxt, chunk->relation, chunk->order, kind, &worker->job);
}

static void
set_locally(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Executes with the chunk's snapshot.  The planner has no statistics that would make it sort a table for each chunk. */
static void
execute(Chunk *chunk, CdcQueryKind kind, Datum *values)
{
	SPIPlanPtr prepared = plan(chunk, kind);
	int level = NewGUCNestLevel();
	int result;

	set_locally("enable_seqscan", "off");
	set_locally("enable_bitmapscan", "off");
	set_locally("enable_sort", "off");
	set_locally("enable_tidscan", "on");
	set_locally("jit", "off");
	result = SPI_execute_snapshot(prepared, values, NULL, chunk->snapshot, InvalidSnapshot, true, false, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read table: %s", SPI_result_code_string(result));
	AtEOXact_GUC(true, level);
}

/* Key of a row of the query's result. */
static bytea *
result_key(Chunk *chunk, SPITupleTable *result, int row)
{
	Datum values[INDEX_MAX_KEYS];
	bool nulls[INDEX_MAX_KEYS];
	Datum tid;

	if (chunk->order->nkeys == 0)
	{
		tid = SPI_getbinval(result->vals[row], result->tupdesc, 1, &nulls[0]);
		return cdc_key_encode_tid(chunk->order, (ItemPointer) DatumGetPointer(tid));
	}
	for (int i = 0; i < chunk->order->nkeys; i++)
	{
		values[i] = SPI_getbinval(result->vals[row], result->tupdesc, i + 2, &nulls[i]);
		/* an index holds no value that is out of line, but the table may */
		if (!nulls[i] && TupleDescAttr(chunk->order->desc, i)->attlen == -1)
			values[i] = PointerGetDatum(PG_DETOAST_DATUM_PACKED(values[i]));
	}
	return cdc_key_encode(chunk->order, values, nulls);
}

static void
add_candidate(Chunk *chunk, SPITupleTable *result, int row, bytea *key)
{
	Candidate *candidate = &chunk->candidates[chunk->ncandidates++];
	bool isnull;
	Datum tid = SPI_getbinval(result->vals[row], result->tupdesc, 1, &isnull);

	candidate->tid = *(ItemPointer) DatumGetPointer(tid);
	candidate->key = key;
}

/* As many blocks as hold about the rows of a chunk. */
static BlockNumber
blocks_of_chunk(Chunk *chunk)
{
	double density;
	BlockNumber pages;
	double rows;
	double visible;

	estimate_rel_size(chunk->relation, NULL, &pages, &rows, &visible);
	density = pages > 0 ? rows / pages : 0;
	if (density < 1)
		density = 1;
	return (BlockNumber) Max(chunk->worker->job.chunk_rows / density, 1);
}

/* Rows of the next blocks.  False when there are no more blocks. */
static bool
find_in_blocks(Chunk *chunk)
{
	CdcJobTable *table = chunk->table;
	BlockNumber from = 0;
	BlockNumber to;
	ItemPointerData bounds[2];
	Datum values[2];

	if (table->position)
	{
		(void) cdc_key_decode(chunk->order, table->position, values);
		from = ItemPointerGetBlockNumberNoCheck((ItemPointer) DatumGetPointer(values[0]));
	}
	if (from >= table->blocks)
		return false;
	to = Min((int64) from + blocks_of_chunk(chunk), table->blocks);
	ItemPointerSet(&bounds[0], from, 0);
	ItemPointerSet(&bounds[1], to, 0);
	values[0] = PointerGetDatum(&bounds[0]);
	values[1] = PointerGetDatum(&bounds[1]);
	execute(chunk, CDC_QUERY_FIRST, values);
	table->position = cdc_position_block(chunk->order, to);
	return true;
}

/* Rows after the position.  False when there are none. */
static bool
find_after_key(Chunk *chunk)
{
	CdcJobTable *table = chunk->table;
	Datum values[INDEX_MAX_KEYS];

	if (table->position)
		(void) cdc_key_decode(chunk->order, table->position, values);
	execute(chunk, table->position ? CDC_QUERY_NEXT : CDC_QUERY_FIRST, values);
	if (SPI_processed == 0)
	{
		SPI_freetuptable(SPI_tuptable);
		return false;
	}
	table->position = result_key(chunk, SPI_tuptable, SPI_processed - 1);
	return true;
}

/* The next rows of the table.  False when all have been read. */
static bool
find_next(Chunk *chunk)
{
	bool found = chunk->order->nkeys == 0 ? find_in_blocks(chunk) : find_after_key(chunk);

	if (!found)
		return false;
	chunk->candidates = palloc_extended(sizeof(Candidate) * Max(SPI_processed, 1), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < SPI_processed; i++)
		add_candidate(chunk, SPI_tuptable, i, result_key(chunk, SPI_tuptable, i));
	SPI_freetuptable(SPI_tuptable);
	return true;
}

/* The rows of these keys, if they are still there. */
static void
find_keys(Chunk *chunk, const CdcRetry *retry)
{
	Datum values[INDEX_MAX_KEYS];

	chunk->candidates = palloc(sizeof(Candidate) * Max(retry->nkeys, 1));
	for (int i = 0; i < retry->nkeys; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!cdc_key_decode(chunk->order, retry->keys[i], values))
		{
			chunk->lost++;
			continue;
		}
		execute(chunk, CDC_QUERY_ONE, values);
		if (SPI_processed == 0)
			chunk->lost++;
		else
			add_candidate(chunk, SPI_tuptable, 0, retry->keys[i]);
		SPI_freetuptable(SPI_tuptable);
	}
}

/* ---------- locking and writing ---------- */

/*
 * A row that changed since the query saw it is in the stream, but maybe not
 * with all its values: then it is looked for again, under its key.
 */
static bool
read_again(Chunk *chunk, TM_Result result)
{
	return result == TM_WouldBlock || (result == TM_Updated && chunk->incomplete && chunk->order->nkeys > 0);
}

static void
lock_and_write(Chunk *chunk)
{
	TupleTableSlot *slot = table_slot_create(chunk->relation, NULL);
	CdcChunkWriter writer;

	cdc_chunk_writer_init(&writer, chunk->relation, &chunk->worker->job, chunk->table);
	chunk->left.keys = palloc_extended(sizeof(bytea *) * Max(chunk->ncandidates, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < chunk->ncandidates; i++)
	{
		Candidate *candidate = &chunk->candidates[i];
		TM_FailureData failure;
		TM_Result result;

		CHECK_FOR_INTERRUPTS();
		result = table_tuple_lock(chunk->relation, &candidate->tid, chunk->snapshot, slot, GetCurrentCommandId(false),
								  LockTupleShare, LockWaitSkip, 0, &failure);
		if (result == TM_Ok)
		{
			slot_getallattrs(slot);
			cdc_chunk_writer_row(&writer, slot->tts_values, slot->tts_isnull);
		}
		else if (read_again(chunk, result))
		{
			chunk->left.keys[chunk->left.nkeys++] = candidate->key;
			chunk->left.was_locked = chunk->left.was_locked || result == TM_WouldBlock;
		}
		else
			chunk->lost++;
		ExecClearTuple(slot);
	}
	cdc_chunk_writer_flush(&writer);
	ExecDropSingleTupleTableSlot(slot);
	chunk->written = writer.total;
}

/* ---------- the job's row ---------- */

static void
new_token(CdcJobTable *table)
{
	if (!pg_strong_random(table->token, CDC_TOKEN_SIZE))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
}

static void
store_progress(Chunk *chunk)
{
	CdcJobTable *table = chunk->table;
	TimestampTz now = GetCurrentTimestamp();
	double seconds = Max((now - (table->updated ? table->updated : table->started)) / 1000000.0, 0.0001);
	double since_start = Max((now - table->started) / 1000000.0, seconds);
	double weight = Min(seconds / Min(RATE_SECONDS, since_start), 1.0);

	table->rows += chunk->written;
	table->rate += (chunk->written / seconds - table->rate) * weight;
	table->updated = now;
	table->file = chunk->relation->rd_rel->relfilenode;
	cdc_job_table_update(&chunk->worker->store, table);
}

/* ---------- what a chunk does ---------- */

static CdcChunkResult
read_next(Chunk *chunk)
{
	CdcWorker *worker = chunk->worker;
	CdcJobTable *table = chunk->table;

	if (!find_next(chunk))
	{
		table->state = CDC_JOB_RETRYING;
		store_progress(chunk);
		return CDC_CHUNK_DONE;
	}
	new_token(table);
	cdc_job_table_update(&worker->store, table);
	lock_and_write(chunk);
	if (chunk->left.nkeys > 0)
		cdc_retry_insert(&worker->store, table, &chunk->left);
	store_progress(chunk);
	return CDC_CHUNK_DONE;
}

/*
 * Rows that took another key while the table was read may have been left out:
 * their old key came too late to be read, and their new one too early.  The
 * stream has them, but without values that lie out of line.  Keys of all rows
 * that are newer than the beginning are stored, as one snapshot sees them, to
 * be read again.  A row that then is not there any more may have moved again:
 * that takes another round.
 */
static void
find_changed(Chunk *chunk)
{
	CdcWorker *worker = chunk->worker;
	CdcJobTable *table = chunk->table;
	uint64 age = U64FromFullTransactionId(ReadNextFullTransactionId()) - table->threshold;
	Datum values[1];
	Portal portal;

	values[0] = Int32GetDatum(age < PG_INT32_MAX ? (int32) age : PG_INT32_MAX);
	table->threshold = full_xid(chunk->snapshot->xmin);
	table->round++;
	table->lost = 0;
	table->tried = 0;
	portal = SPI_cursor_open(NULL, plan(chunk, CDC_QUERY_CHANGED), values, NULL, true);
	for (;;)
	{
		CdcRetry retry = {0};

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, worker->job.chunk_rows);
		if (SPI_processed == 0)
			break;
		retry.keys = palloc(sizeof(bytea *) * SPI_processed);
		for (uint64 i = 0; i < SPI_processed; i++)
			retry.keys[retry.nkeys++] = result_key(chunk, SPI_tuptable, i);
		SPI_freetuptable(SPI_tuptable);
		cdc_retry_insert(&worker->store, table, &retry);
		for (int i = 0; i < retry.nkeys; i++)
			pfree(retry.keys[i]);
		pfree(retry.keys);
	}
	SPI_cursor_close(portal);
}

/* No key is left: is there more to do? */
static CdcChunkResult
finish(Chunk *chunk)
{
	CdcJobTable *table = chunk->table;

	if (chunk->incomplete && (table->round == 0 || (table->lost > 0 && table->round < CDC_MAX_ROUNDS)))
		find_changed(chunk);
	else
		table->state = CDC_JOB_DONE;
	store_progress(chunk);
	return CDC_CHUNK_DONE;
}

static CdcChunkResult
read_left(Chunk *chunk)
{
	CdcWorker *worker = chunk->worker;
	CdcJobTable *table = chunk->table;
	CdcRetry retry;

	if (!cdc_retry_next(&worker->store, table, &retry))
	{
		if (table->tried == 0)
			return finish(chunk);
		/* once more from the first one */
		table->tried = 0;
		return CDC_CHUNK_WRAPPED;
	}
	table->tried = retry.id;
	find_keys(chunk, &retry);
	new_token(table);
	cdc_job_table_update(&worker->store, table);
	lock_and_write(chunk);
	table->lost += chunk->lost;
	if (chunk->left.nkeys == retry.nkeys && (retry.was_locked || !chunk->left.was_locked))
		return CDC_CHUNK_LOCKED;
	chunk->left.id = retry.id;
	cdc_retry_replace(&worker->store, table, &chunk->left);
	store_progress(chunk);
	return CDC_CHUNK_DONE;
}

static CdcChunkResult
run(Chunk *chunk)
{
	CdcJobTable *table = chunk->table;

	chunk->order = cdc_order_choose(chunk->relation);
	chunk->incomplete = may_be_incomplete(chunk->relation);
	if (table->state == CDC_JOB_QUEUED || !position_is_good(chunk))
	{
		start_table(chunk);
		table->file = chunk->relation->rd_rel->relfilenode;
	}
	return table->state == CDC_JOB_READING ? read_next(chunk) : read_left(chunk);
}

/* Must be called in a transaction that has nothing locked. */
CdcChunkResult
cdc_chunk_run(CdcWorker *worker, CdcJobTable *table, int64 *rows)
{
	CdcJobTable next = *table;
	Chunk chunk = {0};
	CdcChunkResult result;
	bool busy;

	*rows = 0;
	chunk.worker = worker;
	chunk.table = &next;
	chunk.relation = cdc_chunk_open(table->relid, &busy);
	if (busy)
		return CDC_CHUNK_BUSY;
	if (!chunk.relation)
	{
		next.state = CDC_JOB_GONE;
		next.updated = GetCurrentTimestamp();
		cdc_retry_clear(&worker->store, &next);
		cdc_job_table_update(&worker->store, &next);
		*table = next;
		return CDC_CHUNK_DONE;
	}
	PushActiveSnapshot(GetTransactionSnapshot());
	chunk.snapshot = GetActiveSnapshot();
	result = run(&chunk);
	PopActiveSnapshot();
	table_close(chunk.relation, NoLock);

	if (next.position != table->position)
	{
		/* what the chunk made goes with its memory */
		bytea *position = NULL;

		if (next.position)
		{
			position = MemoryContextAlloc(worker->mcxt, VARSIZE(next.position));
			memcpy(position, next.position, VARSIZE(next.position));
		}
		if (table->position)
			pfree(table->position);
		next.position = position;
	}
	*table = next;
	*rows = chunk.written;
	return result;
}
