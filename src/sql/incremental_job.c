/*
 * incremental_job.c
 *		What is kept of an incremental snapshot: rows in tables of the extension.
 *
 * They are read and written as the server does with its catalogs, by index and
 * without queries: the caller needs no rights on them, no setting of his
 * session has a say in it, and no token ever is in a query that he could see.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "sql/incremental.h"

/* Columns of snapshot_job. */
enum
{
	JOB_ID,
	JOB_ROLE,
	JOB_CHUNK_ROWS,
	JOB_ROWS_PER_SECOND,
	JOB_CONDITION,
	JOB_SLOT,
	JOB_REQUEST,
	JOB_COLUMNS
};

/* Columns of snapshot_table. */
enum
{
	TABLE_JOB,
	TABLE_NUMBER,
	TABLE_RELATION,
	TABLE_STATE,
	TABLE_TOKEN,
	TABLE_POSITION,
	TABLE_FILE,
	TABLE_BLOCKS,
	TABLE_ROUND,
	TABLE_LOST,
	TABLE_THRESHOLD,
	TABLE_ROWS,
	TABLE_ESTIMATE,
	TABLE_RATE,
	TABLE_STARTED,
	TABLE_UPDATED,
	TABLE_COLUMNS
};

/* Columns of snapshot_retry. */
enum
{
	RETRY_JOB,
	RETRY_NUMBER,
	RETRY_ID,
	RETRY_KEYS,
	RETRY_LOCKED_SINCE,
	RETRY_COLUMNS
};

static const char *const states[] = {"queued", "reading", "retrying", "done", "gone"};
static const char *const requests[] = {"run", "pause", "stop"};

static int
find_word(const char *const *words, int n, Datum value)
{
	char *word = TextDatumGetCString(value);

	for (int i = 0; i < n; i++)
	{
		if (strcmp(words[i], word) == 0)
			return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("invalid state of an incremental snapshot: \"%s\"", word)));
	return 0;
}

/* ---------- where they are ---------- */

static Oid
own_relation(Oid extension, Oid schema, const char *name)
{
	Oid relid = get_relname_relid(name, schema);

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" of extension cdc_json does not exist", name),
				 errhint("DROP EXTENSION cdc_json; then CREATE EXTENSION cdc_json;")));
	if (get_rel_relkind(relid) == RELKIND_RELATION && getExtensionOfObject(RelationRelationId, relid) != extension)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" does not belong to extension cdc_json", name)));
	return relid;
}

/* Of the extension that the function belongs to. */
void
cdc_job_store(CdcJobStore *store, Oid function)
{
	Oid extension = getExtensionOfObject(ProcedureRelationId, function);
	Oid schema = get_func_namespace(function);

	store->job = own_relation(extension, schema, "snapshot_job");
	store->job_index = own_relation(extension, schema, "snapshot_job_pkey");
	store->job_sequence = own_relation(extension, schema, "snapshot_job_id_seq");
	store->table = own_relation(extension, schema, CDC_SNAPSHOT_TABLE);
	store->table_index = own_relation(extension, schema, "snapshot_table_pkey");
	store->retry = own_relation(extension, schema, "snapshot_retry");
	store->retry_index = own_relation(extension, schema, "snapshot_retry_pkey");
}

/* ---------- rows ---------- */

static void
insert_row(Oid relid, Datum *values, bool *nulls)
{
	Relation relation = table_open(relid, RowExclusiveLock);
	HeapTuple tuple = heap_form_tuple(RelationGetDescr(relation), values, nulls);

	CatalogTupleInsert(relation, tuple);
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

/* Scan keys for the first columns of an index: a bigint, an int, a bigint. */
static int
index_keys(ScanKeyData *keys, const int64 *job, const int32 *number, const int64 *id, bool after)
{
	int n = 0;

	ScanKeyInit(&keys[n++], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(*job));
	if (number)
		ScanKeyInit(&keys[n++], 2, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(*number));
	if (id && after)
		ScanKeyInit(&keys[n++], 3, BTGreaterStrategyNumber, F_INT8GT, Int64GetDatum(*id));
	else if (id)
		ScanKeyInit(&keys[n++], 3, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(*id));
	return n;
}

/* Replaces the one row that the keys find; false when there is none.  NULL values: deletes all that they find. */
static bool
replace_rows(Oid relid, Oid index, int nkeys, ScanKeyData *keys, Datum *values, bool *nulls)
{
	Relation relation = table_open(relid, RowExclusiveLock);
	SysScanDesc scan = systable_beginscan(relation, index, true, NULL, nkeys, keys);
	HeapTuple old;
	bool found = false;

	while (HeapTupleIsValid(old = systable_getnext(scan)))
	{
		found = true;
		if (values)
		{
			HeapTuple tuple = heap_form_tuple(RelationGetDescr(relation), values, nulls);

			tuple->t_self = old->t_self;
			CatalogTupleUpdate(relation, &old->t_self, tuple);
			break;
		}
		CatalogTupleDelete(relation, &old->t_self);
	}
	systable_endscan(scan);
	table_close(relation, NoLock);
	CommandCounterIncrement();
	return found;
}

/* ---------- jobs ---------- */

static void
job_values(const CdcJob *job, Datum *values, bool *nulls)
{
	memset(nulls, 0, sizeof(bool) * JOB_COLUMNS);
	values[JOB_ID] = Int64GetDatum(job->id);
	values[JOB_ROLE] = ObjectIdGetDatum(job->role);
	values[JOB_CHUNK_ROWS] = Int32GetDatum(job->chunk_rows);
	values[JOB_ROWS_PER_SECOND] = Int32GetDatum(job->rows_per_second);
	nulls[JOB_ROWS_PER_SECOND] = job->rows_per_second == 0;
	nulls[JOB_CONDITION] = !job->condition;
	values[JOB_CONDITION] = job->condition ? CStringGetTextDatum(job->condition) : (Datum) 0;
	nulls[JOB_SLOT] = !job->slot;
	values[JOB_SLOT] = job->slot ? CStringGetTextDatum(job->slot) : (Datum) 0;
	values[JOB_REQUEST] = CStringGetTextDatum(requests[job->request]);
}

void
cdc_job_insert(const CdcJobStore *store, CdcJob *job)
{
	Datum values[JOB_COLUMNS];
	bool nulls[JOB_COLUMNS];

	job->id = nextval_internal(store->job_sequence, false);
	job_values(job, values, nulls);
	insert_row(store->job, values, nulls);
}

bool
cdc_job_load(const CdcJobStore *store, int64 id, CdcJob *job)
{
	Relation relation = table_open(store->job, AccessShareLock);
	ScanKeyData keys[3];
	SysScanDesc scan = systable_beginscan(relation, store->job_index, true, NULL, index_keys(keys, &id, NULL, NULL, false), keys);
	HeapTuple tuple = systable_getnext(scan);
	bool found = HeapTupleIsValid(tuple);

	memset(job, 0, sizeof(*job));
	if (found)
	{
		Datum values[JOB_COLUMNS];
		bool nulls[JOB_COLUMNS];

		heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
		job->id = id;
		job->role = DatumGetObjectId(values[JOB_ROLE]);
		job->chunk_rows = DatumGetInt32(values[JOB_CHUNK_ROWS]);
		job->rows_per_second = nulls[JOB_ROWS_PER_SECOND] ? 0 : DatumGetInt32(values[JOB_ROWS_PER_SECOND]);
		job->condition = nulls[JOB_CONDITION] ? NULL : TextDatumGetCString(values[JOB_CONDITION]);
		job->slot = nulls[JOB_SLOT] ? NULL : TextDatumGetCString(values[JOB_SLOT]);
		job->request = find_word(requests, lengthof(requests), values[JOB_REQUEST]);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

void
cdc_job_request(const CdcJobStore *store, int64 id, CdcJobRequest request)
{
	ScanKeyData keys[3];
	Datum values[JOB_COLUMNS];
	bool nulls[JOB_COLUMNS];
	CdcJob job;

	if (!cdc_job_load(store, id, &job))
		return;
	job.request = request;
	job_values(&job, values, nulls);
	replace_rows(store->job, store->job_index, index_keys(keys, &id, NULL, NULL, false), keys, values, nulls);
}

void
cdc_job_delete(const CdcJobStore *store, int64 id)
{
	ScanKeyData keys[3];
	int n = index_keys(keys, &id, NULL, NULL, false);

	replace_rows(store->retry, store->retry_index, n, keys, NULL, NULL);
	replace_rows(store->table, store->table_index, n, keys, NULL, NULL);
	replace_rows(store->job, store->job_index, n, keys, NULL, NULL);
}

/* ---------- tables ---------- */

static void
table_values(const CdcJobTable *table, Datum *values, bool *nulls)
{
	memset(nulls, 0, sizeof(bool) * TABLE_COLUMNS);
	values[TABLE_JOB] = Int64GetDatum(table->job);
	values[TABLE_NUMBER] = Int32GetDatum(table->number);
	values[TABLE_RELATION] = ObjectIdGetDatum(table->relid);
	values[TABLE_STATE] = CStringGetTextDatum(states[table->state]);
	values[TABLE_TOKEN] = PointerGetDatum(table->token);
	nulls[TABLE_POSITION] = !table->position;
	values[TABLE_POSITION] = PointerGetDatum(table->position);
	values[TABLE_FILE] = ObjectIdGetDatum(table->file);
	values[TABLE_BLOCKS] = Int64GetDatum(table->blocks);
	values[TABLE_ROUND] = Int32GetDatum(table->round);
	values[TABLE_LOST] = Int64GetDatum(table->lost);
	values[TABLE_THRESHOLD] = UInt64GetDatum(table->threshold);
	values[TABLE_ROWS] = Int64GetDatum(table->rows);
	nulls[TABLE_ESTIMATE] = table->estimate < 0;
	values[TABLE_ESTIMATE] = Int64GetDatum(table->estimate);
	values[TABLE_RATE] = Float8GetDatum(table->rate);
	nulls[TABLE_STARTED] = table->state == CDC_JOB_QUEUED;
	values[TABLE_STARTED] = TimestampTzGetDatum(table->started);
	nulls[TABLE_UPDATED] = table->state == CDC_JOB_QUEUED;
	values[TABLE_UPDATED] = TimestampTzGetDatum(table->updated);
}

static void
table_from_values(CdcJobTable *table, const Datum *values, const bool *nulls)
{
	memset(table, 0, sizeof(*table));
	table->job = DatumGetInt64(values[TABLE_JOB]);
	table->number = DatumGetInt32(values[TABLE_NUMBER]);
	table->relid = DatumGetObjectId(values[TABLE_RELATION]);
	table->state = find_word(states, lengthof(states), values[TABLE_STATE]);
	table->position = nulls[TABLE_POSITION] ? NULL : DatumGetByteaPCopy(values[TABLE_POSITION]);
	table->file = DatumGetObjectId(values[TABLE_FILE]);
	table->blocks = DatumGetInt64(values[TABLE_BLOCKS]);
	table->round = DatumGetInt32(values[TABLE_ROUND]);
	table->lost = DatumGetInt64(values[TABLE_LOST]);
	table->threshold = DatumGetUInt64(values[TABLE_THRESHOLD]);
	table->rows = DatumGetInt64(values[TABLE_ROWS]);
	table->estimate = nulls[TABLE_ESTIMATE] ? -1 : DatumGetInt64(values[TABLE_ESTIMATE]);
	table->rate = DatumGetFloat8(values[TABLE_RATE]);
	table->started = nulls[TABLE_STARTED] ? 0 : DatumGetTimestampTz(values[TABLE_STARTED]);
	table->updated = nulls[TABLE_UPDATED] ? 0 : DatumGetTimestampTz(values[TABLE_UPDATED]);
}

/* All tables of a job, in order. */
CdcJobTable *
cdc_job_tables(const CdcJobStore *store, int64 id, int *n)
{
	Relation relation = table_open(store->table, AccessShareLock);
	Relation index = index_open(store->table_index, AccessShareLock);
	ScanKeyData keys[3];
	SysScanDesc scan = systable_beginscan_ordered(relation, index, NULL, index_keys(keys, &id, NULL, NULL, false), keys);
	CdcJobTable *tables = palloc(sizeof(CdcJobTable));
	HeapTuple tuple;

	*n = 0;
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		Datum values[TABLE_COLUMNS];
		bool nulls[TABLE_COLUMNS];

		heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
		tables = repalloc_huge(tables, sizeof(CdcJobTable) * (*n + 1));
		table_from_values(&tables[(*n)++], values, nulls);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(relation, AccessShareLock);
	return tables;
}

void
cdc_job_table_insert(const CdcJobStore *store, CdcJobTable *table)
{
	Datum values[TABLE_COLUMNS];
	bool nulls[TABLE_COLUMNS];

	table_values(table, values, nulls);
	insert_row(store->table, values, nulls);
}

void
cdc_job_table_update(const CdcJobStore *store, CdcJobTable *table)
{
	ScanKeyData keys[3];
	Datum values[TABLE_COLUMNS];
	bool nulls[TABLE_COLUMNS];

	table_values(table, values, nulls);
	if (!replace_rows(store->table, store->table_index, index_keys(keys, &table->job, &table->number, NULL, false), keys, values, nulls))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("incremental snapshot " INT64_FORMAT " does not exist any more", table->job)));
}

/* ---------- rows to be read again ---------- */

static void
retry_values(const CdcJobTable *table, const CdcRetry *retry, Datum *values, bool *nulls)
{
	Datum *keys = palloc(sizeof(Datum) * Max(retry->nkeys, 1));

	for (int i = 0; i < retry->nkeys; i++)
		keys[i] = PointerGetDatum(retry->keys[i]);
	memset(nulls, 0, sizeof(bool) * RETRY_COLUMNS);
	values[RETRY_JOB] = Int64GetDatum(table->job);
	values[RETRY_NUMBER] = Int32GetDatum(table->number);
	values[RETRY_ID] = Int64GetDatum(retry->id);
	values[RETRY_KEYS] = PointerGetDatum(construct_array(keys, retry->nkeys, BYTEAOID, -1, false, TYPALIGN_INT));
	nulls[RETRY_LOCKED_SINCE] = !retry->was_locked;
	values[RETRY_LOCKED_SINCE] = TimestampTzGetDatum(GetCurrentTimestamp());
}

/* The highest number that a row has, so far. */
static int64
last_retry(const CdcJobStore *store, const CdcJobTable *table)
{
	Relation relation = table_open(store->retry, AccessShareLock);
	Relation index = index_open(store->retry_index, AccessShareLock);
	ScanKeyData keys[3];
	SysScanDesc scan = systable_beginscan_ordered(relation, index, NULL, index_keys(keys, &table->job, &table->number, NULL, false), keys);
	HeapTuple tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	bool isnull;
	int64 id = 0;

	if (HeapTupleIsValid(tuple))
		id = DatumGetInt64(heap_getattr(tuple, RETRY_ID + 1, RelationGetDescr(relation), &isnull));
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(relation, AccessShareLock);
	return id;
}

/* Under a number after all others. */
void
cdc_retry_insert(const CdcJobStore *store, const CdcJobTable *table, const CdcRetry *retry)
{
	CdcRetry numbered = *retry;
	Datum values[RETRY_COLUMNS];
	bool nulls[RETRY_COLUMNS];

	numbered.id = last_retry(store, table) + 1;
	retry_values(table, &numbered, values, nulls);
	insert_row(store->retry, values, nulls);
}

bool
cdc_retry_next(const CdcJobStore *store, const CdcJobTable *table, CdcRetry *retry)
{
	Relation relation = table_open(store->retry, AccessShareLock);
	Relation index = index_open(store->retry_index, AccessShareLock);
	ScanKeyData keys[3];
	SysScanDesc scan = systable_beginscan_ordered(relation, index, NULL, index_keys(keys, &table->job, &table->number, &table->tried, true), keys);
	HeapTuple tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	bool found = HeapTupleIsValid(tuple);

	if (found)
	{
		Datum values[RETRY_COLUMNS];
		bool nulls[RETRY_COLUMNS];
		Datum *elements;

		heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
		retry->id = DatumGetInt64(values[RETRY_ID]);
		retry->was_locked = !nulls[RETRY_LOCKED_SINCE];
		deconstruct_array(DatumGetArrayTypePCopy(values[RETRY_KEYS]), BYTEAOID, -1, false, TYPALIGN_INT, &elements, NULL, &retry->nkeys);
		retry->keys = palloc(sizeof(bytea *) * Max(retry->nkeys, 1));
		for (int i = 0; i < retry->nkeys; i++)
			retry->keys[i] = DatumGetByteaPCopy(elements[i]);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(relation, AccessShareLock);
	return found;
}

/* The time since when rows are locked stays. */
void
cdc_retry_replace(const CdcJobStore *store, const CdcJobTable *table, const CdcRetry *retry)
{
	Relation relation = table_open(store->retry, RowExclusiveLock);
	ScanKeyData keys[3];
	SysScanDesc scan = systable_beginscan(relation, store->retry_index, true, NULL,
										  index_keys(keys, &table->job, &table->number, &retry->id, false), keys);
	HeapTuple old = systable_getnext(scan);

	if (HeapTupleIsValid(old) && retry->nkeys == 0)
		CatalogTupleDelete(relation, &old->t_self);
	else if (HeapTupleIsValid(old))
	{
		Datum values[RETRY_COLUMNS];
		bool nulls[RETRY_COLUMNS];
		bool replace[RETRY_COLUMNS] = {false};
		HeapTuple tuple;

		retry_values(table, retry, values, nulls);
		replace[RETRY_KEYS] = true;
		replace[RETRY_LOCKED_SINCE] = heap_attisnull(old, RETRY_LOCKED_SINCE + 1, RelationGetDescr(relation));
		tuple = heap_modify_tuple(old, RelationGetDescr(relation), values, nulls, replace);
		CatalogTupleUpdate(relation, &tuple->t_self, tuple);
	}
	systable_endscan(scan);
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

void
cdc_retry_clear(const CdcJobStore *store, const CdcJobTable *table)
{
	ScanKeyData keys[3];

	replace_rows(store->retry, store->retry_index, index_keys(keys, &table->job, &table->number, NULL, false), keys, NULL, NULL);
}
