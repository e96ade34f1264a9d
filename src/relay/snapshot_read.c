/*
 * snapshot_read.c
 *		The sessions of the snapshot: each reads a chunk at a time, as COPY's
 *		binary format, in which every message is a row.
 *
 * Each session but the coordinator locks the table first, without waiting: if
 * somebody waits for an exclusive lock, to alter the table, a session that
 * asked would queue behind, while the other one waits for the coordinator.
 * The coordinator has the lock, and reads such chunks itself.
 *
 * Nothing here waits, but for connecting again.
 */
#include "relay/snapshot.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

#define JOBS_PER_TRANSACTION 100 /* so that locks do not pile up */
#define REOPEN_US 1000000

static const char copy_signature[11] = "PGCOPY\n\377\r\n";

static bool
is_coordinator(const RelaySnapshot *snapshot, const RelaySession *session)
{
	return session == &snapshot->session[0];
}

void
relay_session_close(RelaySession *session)
{
	if (session->conn)
		PQfinish(session->conn);
	memset(session, 0, sizeof(*session));
}

/* ------------------------------------------------------------------------
 * Starting
 * ------------------------------------------------------------------------
 */

/* The chunk's rows, as frames. */
static void
append_copy(const RelaySnapshot *snapshot, const RelayJob *job, RelayBuf *command)
{
	relay_buf_printf(command,
					 "COPY (SELECT cdc_json.read_frame(t, VARIADIC %s) FROM ONLY %s AS t WHERE t.ctid OPERATOR(pg_catalog.>=) '(%" PRIu32 ",0)'::pg_catalog.tid "
					 "AND t.ctid OPERATOR(pg_catalog.<) '(%" PRIu32 ",0)'::pg_catalog.tid",
					 snapshot->options_sql, job->table->name, job->range.from, job->range.to);
	if (job->sweep)
		relay_buf_printf(command, " AND pg_catalog.age(t.xmin) OPERATOR(pg_catalog.<=) pg_catalog.age('%s'::pg_catalog.xid8::pg_catalog.xid)",
						 snapshot->state->snapshot_xmin);
	relay_buf_text(command, ") TO STDOUT (FORMAT binary)");
}

static bool
send_job(RelaySnapshot *snapshot, RelaySession *session)
{
	RelayBuf command = {0};
	bool ok;

	session->lock_stage = -1;
	if (!is_coordinator(snapshot, session))
	{
		session->lock_stage = 0;
		if (session->in_transaction && session->jobs >= JOBS_PER_TRANSACTION)
		{
			relay_buf_text(&command, "COMMIT; ");
			session->in_transaction = false;
			session->lock_stage++;
		}
		if (!session->in_transaction)
		{
			relay_buf_printf(&command, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT '%s'; ", snapshot->name);
			session->in_transaction = true;
			session->lock_stage += 2;
			session->jobs = 0;
		}
		relay_buf_printf(&command, "LOCK TABLE ONLY %s IN ACCESS SHARE MODE NOWAIT; ", session->job->table->name);
	}
	append_copy(snapshot, session->job, &command);
	session->stage = 0;
	session->copying = session->has_header = session->copied = false;
	ok = PQsendQuery(session->conn, relay_buf_cstring(&command));
	relay_buf_free(&command);
	return ok;
}

/* The next job that the session may take. */
static RelayJob *
choose_job(RelaySnapshot *snapshot, bool coordinator)
{
	while (snapshot->next < snapshot->njobs && (snapshot->job[snapshot->next].busy || snapshot->job[snapshot->next].read))
		snapshot->next++;
	for (int i = snapshot->next; i < snapshot->njobs; i++)
	{
		RelayJob *job = &snapshot->job[i];

		if (job->busy || job->read)
			continue;
		/* its own come first; others than those are left to all */
		if (coordinator && snapshot->reserved > 0 ? job->coordinator_only : (coordinator || !job->coordinator_only))
			return job;
	}
	return NULL;
}

/* The job is to be read again; what came of it stays. */
static void
give_back(RelaySnapshot *snapshot, RelaySession *session)
{
	RelayJob *job = session->job;

	session->job = NULL;
	if (!job || job->read)
		return;
	job->busy = false;
	job->rows = 0;
	if (job->coordinator_only)
		snapshot->reserved++;
	if (job - snapshot->job < snapshot->next)
		snapshot->next = (int) (job - snapshot->job);
}

/* The connection broke: without the coordinator's, the attempt is over, and that is an error. */
static bool
lost(RelaySnapshot *snapshot, RelaySession *session)
{
	give_back(snapshot, session);
	if (is_coordinator(snapshot, session))
		return relay_fail_retry(&snapshot->error, RELAY_EXIT_SOURCE, "lost the connection that holds the snapshot: %s", PQerrorMessage(session->conn));
	relay_log(RELAY_WARNING, "a session of the snapshot ended, and is opened again: %.*s", (int) strcspn(PQerrorMessage(session->conn), "\n"), PQerrorMessage(session->conn));
	relay_session_close(session);
	session->retry_at = relay_now() + REOPEN_US;
	return true;
}

/* Gives a session that has none a job; false when there is none for it, or after an error. */
static bool
start_job(RelaySnapshot *snapshot, RelaySession *session)
{
	RelayJob *job;

	if (session->job || relay_now() < session->retry_at)
		return false;
	job = choose_job(snapshot, is_coordinator(snapshot, session));
	if (!job)
		return false;
	if (!session->conn)
	{
		session->conn = relay_snapshot_connect(snapshot);
		if (!session->conn)
		{
			/* others go on */
			relay_log_error(RELAY_WARNING, &snapshot->error);
			relay_error_clear(&snapshot->error);
			session->retry_at = relay_now() + 5 * REOPEN_US;
			return false;
		}
	}
	job->busy = true;
	if (job->coordinator_only)
		snapshot->reserved--;
	session->job = job;
	return send_job(snapshot, session) || lost(snapshot, session);
}

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------
 */

static uint32_t
get_u32(const char *at)
{
	const unsigned char *p = (const unsigned char *) at;

	return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static bool
malformed(RelaySnapshot *snapshot)
{
	return relay_fail(&snapshot->error, RELAY_EXIT_SOURCE, "the server sent rows that are not in COPY's binary format");
}

/*
 * A message of the copy: the format's header before the first row, then a row
 * of one column, or the end.  *row is NULL when there is none, or when the
 * options leave out the table.
 */
static bool
take_message(RelaySnapshot *snapshot, RelaySession *session, char *data, size_t len, RelayRow **row)
{
	size_t at = 0;

	*row = NULL;
	if (!session->has_header)
	{
		if (len < 19 || memcmp(data, copy_signature, sizeof(copy_signature)) != 0 || get_u32(data + 15) > len - 19)
			return malformed(snapshot);
		at = 19 + get_u32(data + 15);
		session->has_header = true;
	}
	if (len - at < 2)
		return malformed(snapshot);
	if (data[at] == '\377' && data[at + 1] == '\377' && len - at == 2)
		return true;
	if (data[at] != 0 || data[at + 1] != 1 || len - at < 6)
		return malformed(snapshot);
	at += 2;
	if (get_u32(data + at) == 0xffffffff && len - at == 4)
		return true;
	if (get_u32(data + at) != len - at - 4)
		return malformed(snapshot);
	at += 4;
	*row = relay_alloc(sizeof(RelayRow));
	(*row)->data = data;
	(*row)->release = PQfreemem;
	(*row)->frame = data + at;
	(*row)->frame_len = len - at;
	(*row)->job = session->job;
	return true;
}

static RelayReceived
receive_row(RelaySnapshot *snapshot, RelaySession *session)
{
	for (;;)
	{
		char *data;
		int len = PQgetCopyData(session->conn, &data, 1);
		RelayRow *row;

		if (len == 0)
			return RELAY_RECEIVED_NOTHING;
		if (len < 0)
		{
			session->copying = false;
			return RELAY_RECEIVED_KEEPALIVE;
		}
		if (!take_message(snapshot, session, data, (size_t) len, &row))
		{
			PQfreemem(data);
			return RELAY_RECEIVED_ERROR;
		}
		if (row)
		{
			session->job->rows++;
			session->job->unsafe++;
			snapshot->rows++;
			relay_mark_row(snapshot, row);
			return RELAY_RECEIVED_FRAME;
		}
		PQfreemem(data);
	}
}

/* All rows of the job have come. */
static void
job_read(RelaySnapshot *snapshot, RelaySession *session)
{
	RelayJob *job = session->job;

	session->job = NULL;
	session->jobs++;
	job->busy = false;
	job->read = true;
	snapshot->unread--;
	if (!job->sweep)
		snapshot->estimate += job->rows - job->estimate;
	/* more may be held back than this job's: those belong to jobs that are not finished then */
	if (--job->table->unread == 0)
	{
		snapshot->tables_left--;
		relay_mark_table_end(snapshot, job->table);
	}
	if (snapshot->unread == 0)
		relay_mark_end(snapshot);
	if (job->unsafe == 0)
	{
		/* without rows */
		job->unsafe = 1;
		relay_snapshot_acknowledged(snapshot, job);
	}
}

/* A command of those sent failed. */
static bool
command_failed(RelaySnapshot *snapshot, RelaySession *session, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	RelayJob *job = session->job;

	if (!state || strncmp(state, "57P", 3) == 0)
		return lost(snapshot, session);
	if (session->stage == session->lock_stage && strcmp(state, "55P03") == 0)
	{
		relay_log(RELAY_INFO, "somebody waits to alter table %s, until the snapshot has been taken", job->table->name);
		/* all of the table */
		for (int i = 0; i < snapshot->njobs; i++)
		{
			RelayJob *other = &snapshot->job[i];

			if (other->table != job->table || other->coordinator_only)
				continue;
			other->coordinator_only = true;
			/* give_back() counts the one at hand */
			snapshot->reserved += !other->busy && !other->read;
		}
		give_back(snapshot, session);
		/* the transaction failed with it */
		PQclear(PQexec(session->conn, "ROLLBACK"));
		session->in_transaction = false;
		return true;
	}
	if (session->stage < session->lock_stage)
		return relay_fail_retry(&snapshot->error, RELAY_EXIT_SOURCE, "a session could not use the snapshot: %s", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
	return relay_snapshot_failed(snapshot, session->conn, "could not read the tables of the snapshot", result);
}

/* Between rows: results of the commands sent, until none is left. */
static RelayReceived
receive_result(RelaySnapshot *snapshot, RelaySession *session)
{
	PGresult *result;
	bool ok = true;

	if (PQisBusy(session->conn))
		return RELAY_RECEIVED_NOTHING;
	result = PQgetResult(session->conn);
	switch (PQresultStatus(result))
	{
		case PGRES_COPY_OUT:
			session->copying = true;
			break;
		case PGRES_COMMAND_OK:
			session->stage++;
			session->copied = session->stage > session->lock_stage + 1;
			break;
		default:
			if (!result && session->copied)
				job_read(snapshot, session);
			else
				ok = command_failed(snapshot, session, result);
			break;
	}
	PQclear(result);
	return ok ? RELAY_RECEIVED_KEEPALIVE : RELAY_RECEIVED_ERROR;
}

/*
 * What the session has: FRAME for a row, which was passed on; KEEPALIVE for
 * anything else that happened; NOTHING to wait.
 */
RelayReceived
relay_session_receive(RelaySnapshot *snapshot, RelaySession *session)
{
	RelayReceived received;

	session->waiting = false;
	if (!session->job)
	{
		if (start_job(snapshot, session))
			return RELAY_RECEIVED_KEEPALIVE;
		return snapshot->error.set ? RELAY_RECEIVED_ERROR : RELAY_RECEIVED_NOTHING;
	}
	received = session->copying ? receive_row(snapshot, session) : receive_result(snapshot, session);
	session->waiting = received == RELAY_RECEIVED_NOTHING;
	return received;
}
