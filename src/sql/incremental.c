/*
 * incremental.c
 *		cdc_json.snapshot_incremental() and snapshot_resume(): works on a job
 *		until it is done, one transaction for each chunk.
 *
 * Between chunks nothing is held but the claim on the job: no snapshot, no lock
 * on a table, no transaction id.  There it waits for the rate limit, for rows
 * that others have locked, and for the end of a pause.
 */
#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "replication/slot.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "sql/incremental.h"
#include "sql/reader.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_snapshot_incremental);
PG_FUNCTION_INFO_V1(cdc_json_snapshot_resume);

#define PLUGIN_NAME "cdc_json"

#define MAX_CHUNK_ROWS 100000

/* Milliseconds between attempts at something that is locked, and between looks at a job that is paused. */
#define LEAST_PAUSE 20
#define MOST_PAUSE 1000

/* What a query of the caller's "where" may wait for a lock. */
#define LOCK_TIMEOUT "500ms"

/* ---------- transactions ---------- */

static void
set_for_transaction(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Commits, and begins the next transaction.  Each statement sees what has been
 * committed before it.  A chunk's commit waits for nobody: if it is lost in a
 * crash, so is the progress that it stored.
 */
static void
next_transaction(void)
{
	SPI_commit();
	XactIsoLevel = XACT_READ_COMMITTED;
	set_for_transaction("synchronous_commit", "off");
	set_for_transaction("lock_timeout", LOCK_TIMEOUT);
}

static void
sleep_ms(double ms)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, (long) ceil(ms), PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * A job may be resumed by another role, by a superuser even.  Its "where" is
 * an expression of the job's role, and so it runs with the rights of that one
 * and without a way to others: as in maintenance commands, the role cannot be
 * changed there, and no trigger waits for the commit.
 */
static void
become_role(Oid role)
{
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	if (user != role)
		SetUserIdAndSecContext(role, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
}

/*
 * A chunk in a subtransaction.  A deadlock, a lock that a "where" waited for in
 * vain, or a conflict of serializable transactions undo it: it is repeated.
 */
static CdcChunkResult
guarded_chunk(CdcWorker *worker, CdcJobTable *table, int64 *rows)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile CdcChunkResult result = CDC_CHUNK_BUSY;
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(worker->chunk_mcxt);
	PG_TRY();
	{
		become_role(worker->job.role);
		result = cdc_chunk_run(worker, table, rows);
		SetUserIdAndSecContext(user, context);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(old);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(worker->chunk_mcxt);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(old);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode != ERRCODE_T_R_SERIALIZATION_FAILURE && error->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED &&
			error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		ereport(DEBUG1,
				(errmsg_internal("chunk of an incremental snapshot is repeated: %s", error->message)));
		*rows = 0;
		result = CDC_CHUNK_BUSY;
	}
	PG_END_TRY();
	MemoryContextReset(worker->chunk_mcxt);
	return result;
}

/* ---------- work ---------- */

static bool
is_unread(const CdcJobTable *table)
{
	return table->state == CDC_JOB_QUEUED || table->state == CDC_JOB_READING;
}

static bool
is_finished(const CdcJobTable *table)
{
	return table->state == CDC_JOB_DONE || table->state == CDC_JOB_GONE;
}

/*
 * The table to do next: first those that have not been read.  NULL when there
 * is none that should not be left alone for a while; *wait is how long, in
 * milliseconds, 0 when all are finished.
 */
static CdcJobTable *
choose_table(CdcWorker *worker, double *wait)
{
	TimestampTz now = GetCurrentTimestamp();
	CdcJobTable *retrying = NULL;

	*wait = 0;
	for (int i = 0; i < worker->ntables; i++)
	{
		CdcJobTable *table = &worker->tables[i];

		if (is_finished(table))
			continue;
		if (table->not_before > now)
		{
			double left = (table->not_before - now) / 1000.0;

			if (*wait == 0 || left < *wait)
				*wait = left;
		}
		else if (is_unread(table))
			return table;
		else if (!retrying)
			retrying = table;
	}
	return retrying;
}

/* When to try the table again. */
static void
schedule(CdcJobTable *table, CdcChunkResult result)
{
	if (result == CDC_CHUNK_LOCKED)
		return;
	if (result == CDC_CHUNK_DONE)
	{
		table->progressed = true;
		table->pause = 0;
		return;
	}
	if (result == CDC_CHUNK_WRAPPED && table->progressed)
		table->pause = 0;
	table->progressed = false;
	table->pause = table->pause == 0 ? LEAST_PAUSE : Min(table->pause * 2, MOST_PAUSE);
	table->not_before = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), table->pause);
}

/* Waits while the job is paused.  False when it is to end. */
static bool
obey(CdcWorker *worker)
{
	for (;;)
	{
		MemoryContext old = MemoryContextSwitchTo(worker->chunk_mcxt);
		CdcJob job;
		bool found = cdc_job_load(&worker->store, worker->job.id, &job);

		MemoryContextSwitchTo(old);
		MemoryContextReset(worker->chunk_mcxt);
		if (!found || job.request == CDC_REQUEST_STOP)
			return false;
		if (job.request == CDC_REQUEST_RUN)
			return true;
		next_transaction();
		sleep_ms(MOST_PAUSE / 4);
	}
}

/* The time before which the next chunk must not begin, after so many rows. */
static TimestampTz
limit_rate(const CdcJob *job, TimestampTz due, int64 rows)
{
	TimestampTz now = GetCurrentTimestamp();

	if (job->rows_per_second == 0)
		return 0;
	/* time that was not used is not made up for */
	return Max(due, now - USECS_PER_SEC / 10) + (TimestampTz) (rows * (1000000.0 / job->rows_per_second));
}

/* Works until the job is done or is to stop.  The claim is ours, a transaction has been begun. */
static void
work(CdcWorker *worker)
{
	TimestampTz due = 0;

	while (obey(worker))
	{
		double wait = (due - GetCurrentTimestamp()) / 1000.0;
		CdcJobTable *table = NULL;
		int64 rows = 0;

		if (due == 0 || wait <= 0)
		{
			table = choose_table(worker, &wait);
			if (!table && wait == 0)
				break;
		}
		if (table)
		{
			schedule(table, guarded_chunk(worker, table, &rows));
			due = limit_rate(&worker->job, due, rows);
			wait = 0;
		}
		next_transaction();
		/* in steps, so that a pause or stop is seen */
		if (wait > 0)
			sleep_ms(Min(wait, MOST_PAUSE / 4));
	}
}

static CdcWorker *
create_worker(FunctionCallInfo fcinfo, const char *command)
{
	MemoryContext mcxt;
	CdcWorker *worker;

	if (!fcinfo->context || !IsA(fcinfo->context, CallContext) || castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("%s cannot run inside a transaction block", command),
				 errdetail("It commits after each chunk."),
				 errhint("CALL it by itself, outside of BEGIN and of functions.")));
	PreventCommandDuringRecovery(command);
	PreventCommandIfReadOnly(command);
	mcxt = AllocSetContextCreate(PortalContext, "cdc_json incremental snapshot", ALLOCSET_DEFAULT_SIZES);
	worker = MemoryContextAllocZero(mcxt, sizeof(CdcWorker));
	worker->mcxt = mcxt;
	worker->chunk_mcxt = AllocSetContextCreate(mcxt, "cdc_json chunk", ALLOCSET_DEFAULT_SIZES);
	cdc_job_store(&worker->store, fcinfo->flinfo->fn_oid);
	return worker;
}

/* Takes the job on, does it, and leaves it.  With all that was committed on disk. */
static void
work_on(CdcWorker *worker)
{
	MemoryContext old;

	next_transaction();
	old = MemoryContextSwitchTo(worker->mcxt);
	worker->tables = cdc_job_tables(&worker->store, worker->job.id, &worker->ntables);
	MemoryContextSwitchTo(old);
	work(worker);
	cdc_job_release(&worker->store, worker->job.id);
	/* the last transaction is the caller's, with his settings */
	SPI_commit();
	XLogFlush(XactLastCommitEnd);
	for (int i = 0; i < CDC_QUERY_KINDS; i++)
	{
		if (worker->queries[i].plan)
			SPI_freeplan(worker->queries[i].plan);
	}
	MemoryContextDelete(worker->mcxt);
}

/* ---------- a new job ---------- */

static int
int_argument(FunctionCallInfo fcinfo, int n, const char *name, int least, int most, int null_value)
{
	int value;

	if (PG_ARGISNULL(n))
		return null_value;
	value = PG_GETARG_INT32(n);
	if (value < least || value > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between %d and %d", name, least, most)));
	return value;
}

static bool
is_ours(const ReplicationSlot *slot)
{
	return strcmp(NameStr(slot->data.plugin), PLUGIN_NAME) == 0 && slot->data.database == MyDatabaseId;
}

static void
check_slot(const char *name)
{
	ReplicationSlot *slot;
	bool ours = false;

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	slot = SearchNamedReplicationSlot(name, false);
	if (slot)
		ours = is_ours(slot);
	LWLockRelease(ReplicationSlotControlLock);
	if (!slot)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("replication slot \"%s\" does not exist", name)));
	if (!ours)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("replication slot \"%s\" is not one of plugin cdc_json in this database", name)));
}

/* Rows would be written for nobody, or, a slot of a standby is not known here. */
static void
warn_without_slot(void)
{
	bool found = false;

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots && !found; i++)
		found = ReplicationSlotCtl->replication_slots[i].in_use && is_ours(&ReplicationSlotCtl->replication_slots[i]);
	LWLockRelease(ReplicationSlotControlLock);
	if (!found)
		ereport(WARNING,
				(errmsg("no replication slot of plugin cdc_json is in this database"),
				 errdetail("Rows are written to the log all the same: a slot of a standby may read them.")));
}

static void
read_arguments(FunctionCallInfo fcinfo, CdcWorker *worker)
{
	CdcJob *job = &worker->job;
	MemoryContext old = MemoryContextSwitchTo(worker->mcxt);

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("tables must not be null")));
	job->role = GetUserId();
	job->chunk_rows = int_argument(fcinfo, 1, "chunk_rows", 1, MAX_CHUNK_ROWS, 1024);
	if (!PG_ARGISNULL(2))
	{
		job->condition = text_to_cstring(PG_GETARG_TEXT_PP(2));
		cdc_condition_check(job->condition);
	}
	if (!PG_ARGISNULL(3))
	{
		job->slot = pstrdup(NameStr(*PG_GETARG_NAME(3)));
		check_slot(job->slot);
	}
	else
		warn_without_slot();
	job->rows_per_second = int_argument(fcinfo, 4, "rows_per_second", 1, PG_INT32_MAX, 0);
	MemoryContextSwitchTo(old);
	if (!XLogLogicalInfoActive())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("incremental snapshots need wal_level = logical")));
}

/* Opens a table or partition to check all that can be wrong with it. */
static Relation
check_table(Oid relid)
{
	bool busy;
	Relation relation = cdc_chunk_open(relid, &busy);

	if (busy)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("could not obtain lock on table \"%s\"", get_rel_name(relid) ? get_rel_name(relid) : "?"),
				 errhint("Try again when whoever locks it has ended.")));
	if (!relation)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table with OID %u does not exist", relid)));
	return relation;
}

/* Heaps of one argument; what was named before, itself or its root, comes once. */
static List *
add_heaps(CdcWorker *worker, List *heaps, Oid relid)
{
	Relation relation = check_table(relid);
	ListCell *cell;

	foreach(cell, cdc_heaps(relation))
	{
		Relation heap;

		if (list_member_oid(heaps, lfirst_oid(cell)))
			continue;
		heap = check_table(lfirst_oid(cell));
		cdc_query_check(heap, &worker->job);
		relation_close(heap, NoLock);
		heaps = lappend_oid(heaps, lfirst_oid(cell));
	}
	relation_close(relation, NoLock);
	return heaps;
}

/* Stores the job.  Everything that can be wrong is found here, before the first row.  False when there is nothing to do. */
static bool
create_job(FunctionCallInfo fcinfo, CdcWorker *worker)
{
	Datum *elements;
	bool *nulls;
	int n;
	List *heaps = NIL;
	ListCell *cell;
	int number = 0;

	read_arguments(fcinfo, worker);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a table must not be null")));
		heaps = add_heaps(worker, heaps, DatumGetObjectId(elements[i]));
	}
	if (heaps == NIL)
		return false;
	cdc_job_insert(&worker->store, &worker->job);
	if (!cdc_job_claim(&worker->store, worker->job.id))
		elog(ERROR, "incremental snapshot " INT64_FORMAT " is taken", worker->job.id);
	foreach(cell, heaps)
	{
		CdcJobTable table = {0};

		table.job = worker->job.id;
		table.number = ++number;
		table.relid = lfirst_oid(cell);
		table.estimate = -1;
		cdc_job_table_insert(&worker->store, &table);
	}
	return true;
}

/* ---------- the procedures ---------- */

Datum
cdc_json_snapshot_incremental(PG_FUNCTION_ARGS)
{
	CdcWorker *worker = create_worker(fcinfo, "cdc_json.snapshot_incremental()");

	SPI_connect_ext(SPI_OPT_NONATOMIC);
	if (create_job(fcinfo, worker))
		work_on(worker);
	SPI_finish();
	PG_RETURN_VOID();
}

/* Ends a pause, and goes on with a job that no session works on. */
Datum
cdc_json_snapshot_resume(PG_FUNCTION_ARGS)
{
	CdcWorker *worker = create_worker(fcinfo, "cdc_json.snapshot_resume()");
	int64 id;
	MemoryContext old;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("job must not be null")));
	id = PG_GETARG_INT64(0);
	cdc_job_begin_control(&worker->store, id);
	old = MemoryContextSwitchTo(worker->mcxt);
	if (!cdc_job_load(&worker->store, id, &worker->job))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("incremental snapshot " INT64_FORMAT " does not exist", id),
				 errhint("See view cdc_json.snapshot_progress.")));
	MemoryContextSwitchTo(old);
	cdc_job_check_role(&worker->job);
	if (worker->job.request == CDC_REQUEST_STOP)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("incremental snapshot " INT64_FORMAT " was stopped", id),
				 errhint("CALL cdc_json.snapshot_incremental() begins another one.")));
	if (worker->job.slot)
		check_slot(worker->job.slot);
	if (!XLogLogicalInfoActive())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("incremental snapshots need wal_level = logical")));
	if (worker->job.request == CDC_REQUEST_PAUSE)
		cdc_job_request(&worker->store, id, CDC_REQUEST_RUN);
	if (!cdc_job_claim(&worker->store, id))
	{
		/* whoever works on it has been told */
		MemoryContextDelete(worker->mcxt);
		PG_RETURN_VOID();
	}
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	work_on(worker);
	SPI_finish();
	PG_RETURN_VOID();
}
