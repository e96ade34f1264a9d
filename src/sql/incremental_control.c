/*
 * incremental_control.c
 *		cdc_json.snapshot_pause(), snapshot_stop() and snapshot_forget(), and
 *		who works on a job.
 *
 * What is asked of a job stands in its row, which the session that works on it
 * reads before each chunk and never writes.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/inval.h"

#include "compat.h"
#include "sql/incremental.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_snapshot_pause);
PG_FUNCTION_INFO_V1(cdc_json_snapshot_stop);
PG_FUNCTION_INFO_V1(cdc_json_snapshot_forget);

/* Third part of the locks on a job's number. */
#define LOCK_WORK 0
#define LOCK_CONTROL 1

/*
 * Anyone may call the functions: a job obeys its role.  A role that was
 * dropped leaves its jobs to superusers.
 */
void
cdc_job_check_role(const CdcJob *job)
{
	if (!has_privs_of_role(GetUserId(), job->role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for incremental snapshot " INT64_FORMAT, job->id),
				 errdetail("It belongs to another role.")));
}

/* A lock of the session: gone with it, or with an error. */
static void
work_lock(LOCKTAG *tag, const CdcJobStore *store, int64 id)
{
	SET_LOCKTAG_OBJECT(*tag, MyDatabaseId, store->job, (Oid) id, LOCK_WORK);
}

bool
cdc_job_claim(const CdcJobStore *store, int64 id)
{
	LOCKTAG tag;

	work_lock(&tag, store, id);
	return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

void
cdc_job_release(const CdcJobStore *store, int64 id)
{
	LOCKTAG tag;

	work_lock(&tag, store, id);
	LockRelease(&tag, ExclusiveLock, true);
}

void
cdc_job_begin_control(const CdcJobStore *store, int64 id)
{
	LockDatabaseObject(store->job, (Oid) id, LOCK_CONTROL, ExclusiveLock);
}

/* The job as its last change left it, locked against others until the transaction ends. */
static void
load_locked(FunctionCallInfo fcinfo, const char *command, CdcJobStore *store, CdcJob *job)
{
	int64 id = PG_GETARG_INT64(0);

	PreventCommandIfReadOnly(command);
	PreventCommandDuringRecovery(command);
	cdc_job_store(store, fcinfo->flinfo->fn_oid);
	cdc_job_begin_control(store, id);
	if (!cdc_job_load(store, id, job))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("incremental snapshot " INT64_FORMAT " does not exist", id),
				 errhint("See view cdc_json.snapshot_progress.")));
	cdc_job_check_role(job);
}

/* Is nothing left to do? */
static bool
is_finished(const CdcJobStore *store, int64 id)
{
	int n;
	CdcJobTable *tables = cdc_job_tables(store, id, &n);

	for (int i = 0; i < n; i++)
	{
		if (tables[i].state != CDC_JOB_DONE && tables[i].state != CDC_JOB_GONE)
			return false;
	}
	return true;
}

/* True unless the job is over, or asked that already. */
static Datum
request(FunctionCallInfo fcinfo, const char *command, CdcJobRequest what)
{
	CdcJobStore store;
	CdcJob job;

	load_locked(fcinfo, command, &store, &job);
	if (job.request == what || job.request == CDC_REQUEST_STOP || is_finished(&store, job.id))
		PG_RETURN_BOOL(false);
	cdc_job_request(&store, job.id, what);
	PG_RETURN_BOOL(true);
}

Datum
cdc_json_snapshot_pause(PG_FUNCTION_ARGS)
{
	return request(fcinfo, "cdc_json.snapshot_pause()", CDC_REQUEST_PAUSE);
}

Datum
cdc_json_snapshot_stop(PG_FUNCTION_ARGS)
{
	return request(fcinfo, "cdc_json.snapshot_stop()", CDC_REQUEST_STOP);
}

Datum
cdc_json_snapshot_forget(PG_FUNCTION_ARGS)
{
	CdcJobStore store;
	CdcJob job;

	load_locked(fcinfo, "cdc_json.snapshot_forget()", &store, &job);
	if (!ConditionalLockDatabaseObject(store.job, (Oid) job.id, LOCK_WORK, ExclusiveLock))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("a session is working on incremental snapshot " INT64_FORMAT, job.id),
				 errhint("SELECT cdc_json.snapshot_stop(" INT64_FORMAT ") ends it.", job.id)));
	cdc_job_delete(&store, job.id);
	PG_RETURN_VOID();
}
