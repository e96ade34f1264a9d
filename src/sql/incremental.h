/*
 * incremental.h
 *		Incremental snapshots: a job reads tables again, chunk after chunk, while
 *		the stream goes on.
 *
 * The procedure (incremental.c) works on one job: it takes chunks in turn, each
 * in a transaction of its own (incremental_chunk.c), and keeps what is done in
 * tables of the extension (incremental_job.c), so that any session can go on
 * where one was interrupted.
 *
 * What a chunk promises: its rows were locked when they were written to the log
 * and could not change before it committed.  So in commit order no row of a
 * chunk follows a change that is newer.  A row that somebody else has locked
 * is left out, its key is kept, and it is read again later: a chunk never waits.
 */
#ifndef CDC_INCREMENTAL_H
#define CDC_INCREMENTAL_H

#include "executor/spi.h"
#include "fmgr.h"
#include "storage/itemptr.h"
#include "utils/rel.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "table/image.h"

/* Rounds in which rows are looked for that moved while their table was read. */
#define CDC_MAX_ROUNDS 3

/* How far a job is with a table. */
typedef enum CdcJobState
{
	CDC_JOB_QUEUED, /* nothing has been read */
	CDC_JOB_READING,
	CDC_JOB_RETRYING, /* all has been read but for rows that were locked */
	CDC_JOB_DONE,
	CDC_JOB_GONE /* the table was dropped */
} CdcJobState;

/* What is asked of whoever works on a job. */
typedef enum CdcJobRequest
{
	CDC_REQUEST_RUN,
	CDC_REQUEST_PAUSE,
	CDC_REQUEST_STOP
} CdcJobRequest;

/* Where the state is kept: Oids of the extension's tables, indexes and sequence. */
typedef struct CdcJobStore
{
	Oid job;
	Oid job_index;
	Oid job_sequence;
	Oid table;
	Oid table_index;
	Oid retry;
	Oid retry_index;
} CdcJobStore;

/* A row of snapshot_job. */
typedef struct CdcJob
{
	int64 id;
	Oid role; /* who called */
	int32 chunk_rows;
	int32 rows_per_second; /* 0: as fast as it goes */
	char *condition; /* NULL: all rows */
	char *slot; /* NULL: for all slots */
	CdcJobRequest request;
} CdcJob;

/* A row of snapshot_table. */
typedef struct CdcJobTable
{
	int64 job;
	int32 number;
	Oid relid;
	CdcJobState state;
	char token[CDC_TOKEN_SIZE];
	bytea *position; /* go on after it; NULL: from the start */
	Oid file; /* of the table when it was last read */
	int64 blocks; /* of the table when reading began: those behind it came later */
	int32 round; /* rounds begun in which rows that moved are looked for */
	int64 lost; /* rows of this round that could not be found any more */
	uint64 threshold; /* transactions from here on ended after the table, or the round, was begun */
	int64 rows; /* written */
	int64 estimate; /* of all; -1: none */
	double rate; /* rows a second, of late */
	TimestampTz started;
	TimestampTz updated;

	/* not stored */
	int64 tried; /* number of the snapshot_retry row tried last */
	bool progressed; /* since it was 0 */
	TimestampTz not_before; /* leave it alone until then */
	int pause; /* milliseconds that it was left alone the last time */
} CdcJobTable;

/* A row of snapshot_retry: keys of rows to be read again. */
typedef struct CdcRetry
{
	int64 id;
	bytea **keys;
	int nkeys;
	bool was_locked; /* somebody else had them; otherwise they are to be read for the first time */
} CdcRetry;

/* How the rows of a table are told apart and put in order. */
typedef struct CdcOrder
{
	int nkeys; /* 0: by their place in the table */
	AttrNumber *attnums;
	uint64 fingerprint; /* of the above and the columns' types */
	TupleDesc desc; /* of the key columns alone */
} CdcOrder;

/* What a query reads. */
typedef enum CdcQueryKind
{
	CDC_QUERY_FIRST, /* a chunk from the table's start */
	CDC_QUERY_NEXT, /* a chunk after a position */
	CDC_QUERY_ONE, /* the row of a key */
	CDC_QUERY_CHANGED /* keys of rows that are not older than $1 transactions */
} CdcQueryKind;

#define CDC_QUERY_KINDS 4

/* A plan that was kept, for the table worked on last. */
typedef struct CdcQuery
{
	char *text;
	SPIPlanPtr plan;
} CdcQuery;

/* The session at work. */
typedef struct CdcWorker
{
	MemoryContext mcxt; /* as long as the procedure runs */
	MemoryContext chunk_mcxt; /* reset after each chunk */
	CdcJobStore store;
	CdcJob job;
	CdcJobTable *tables;
	int ntables;
	CdcQuery queries[CDC_QUERY_KINDS];
} CdcWorker;

/* What came of an attempt. */
typedef enum CdcChunkResult
{
	CDC_CHUNK_DONE, /* something was done */
	CDC_CHUNK_LOCKED, /* all rows that it was to read are locked */
	CDC_CHUNK_WRAPPED, /* nothing was done: all rows that are left have been tried, begin again with the first */
	CDC_CHUNK_BUSY /* the table is locked, or the chunk must be repeated */
} CdcChunkResult;

/* incremental_chunk.c: does one chunk; an error leaves *table as it was */
extern CdcChunkResult cdc_chunk_run(CdcWorker *worker, CdcJobTable *table, int64 *rows);
extern Relation cdc_chunk_open(Oid relid, bool *busy); /* NULL: gone or busy */

/* incremental_write.c: rows to the log */
typedef struct CdcChunkWriter
{
	Relation relation;
	CdcImageHeader header;
	CdcBuf buf;
	uint32 rows; /* in buf */
	int64 total;
	Datum *values;
	bool *unavailable;
} CdcChunkWriter;

extern void cdc_chunk_writer_init(CdcChunkWriter *writer, Relation relation, const CdcJob *job, const CdcJobTable *table);
extern void cdc_chunk_writer_row(CdcChunkWriter *writer, const Datum *values, const bool *nulls);
extern void cdc_chunk_writer_flush(CdcChunkWriter *writer);

/* incremental_query.c */
extern CdcOrder *cdc_order_choose(Relation relation);
extern void cdc_condition_check(const char *condition); /* raises an error unless it is one expression */
extern SPIPlanPtr cdc_query_plan(CdcQuery *query, MemoryContext mcxt, Relation relation, const CdcOrder *order,
								 CdcQueryKind kind, const CdcJob *job);
extern void cdc_query_check(Relation relation, const CdcJob *job); /* raises what planning raises */

/* incremental_position.c: keys and positions as bytes */
extern bytea *cdc_key_encode(const CdcOrder *order, const Datum *values, const bool *nulls);
extern bytea *cdc_key_encode_tid(const CdcOrder *order, ItemPointer tid);
extern bool cdc_key_decode(const CdcOrder *order, bytea *key, Datum *values); /* false: of another order */
extern bytea *cdc_position_block(const CdcOrder *order, BlockNumber block);

/* incremental_job.c: the tables of the extension, without regard to the caller's rights */
extern void cdc_job_store(CdcJobStore *store, Oid function);
extern void cdc_job_insert(const CdcJobStore *store, CdcJob *job); /* sets its id */
extern bool cdc_job_load(const CdcJobStore *store, int64 id, CdcJob *job);
extern void cdc_job_request(const CdcJobStore *store, int64 id, CdcJobRequest request);
extern void cdc_job_delete(const CdcJobStore *store, int64 id); /* with all that belongs to it */
extern CdcJobTable *cdc_job_tables(const CdcJobStore *store, int64 id, int *n);
extern void cdc_job_table_insert(const CdcJobStore *store, CdcJobTable *table);
extern void cdc_job_table_update(const CdcJobStore *store, CdcJobTable *table);
extern void cdc_retry_insert(const CdcJobStore *store, const CdcJobTable *table, const CdcRetry *retry);
extern bool cdc_retry_next(const CdcJobStore *store, const CdcJobTable *table, CdcRetry *retry); /* the one after table->tried */
extern void cdc_retry_replace(const CdcJobStore *store, const CdcJobTable *table, const CdcRetry *retry); /* without keys: deletes it */
extern void cdc_retry_clear(const CdcJobStore *store, const CdcJobTable *table);

/* incremental_control.c */
extern void cdc_job_check_role(const CdcJob *job); /* raises an error unless the caller may act for the job's role */
extern void cdc_job_begin_control(const CdcJobStore *store, int64 id); /* nobody else changes it until the transaction ends */
extern bool cdc_job_claim(const CdcJobStore *store, int64 id); /* this session works on it, until it says otherwise or an error */
extern void cdc_job_release(const CdcJobStore *store, int64 id);

#endif /* CDC_INCREMENTAL_H */
