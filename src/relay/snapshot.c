/*
 * snapshot.c
 *		Rows that are there already: the attempt as a whole; see snapshot.h.
 */
#include "relay/snapshot.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

#define ROWS_PER_TURN 64 /* of one session, before the next one is asked */
#define SOURCE_CHECK_US 1000000

void
relay_snapshot_init(RelaySnapshot *snapshot, const RelayOptions *options, RelaySource *source, RelayState *state)
{
	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->options = options;
	snapshot->source = source;
	snapshot->state = state;
}

static void
free_rows(RelaySnapshot *snapshot)
{
	while (snapshot->ready)
	{
		RelayRow *row = snapshot->ready;

		snapshot->ready = row->next;
		relay_row_free(row);
	}
	snapshot->ready_last = NULL;
	relay_row_free(snapshot->candidate);
	snapshot->candidate = NULL;
	for (int i = 0; i < snapshot->ntables; i++)
	{
		relay_row_free(snapshot->table[i].held);
		snapshot->table[i].held = NULL;
	}
}

void
relay_snapshot_abandon(RelaySnapshot *snapshot)
{
	for (int i = 0; i < RELAY_MAX_SNAPSHOT_JOBS; i++)
		relay_session_close(&snapshot->session[i]);
	free_rows(snapshot);
	snapshot->open = false;
}

void
relay_snapshot_free(RelaySnapshot *snapshot)
{
	relay_snapshot_abandon(snapshot);
	for (int i = 0; i < snapshot->ntables; i++)
		free(snapshot->table[i].name);
	free(snapshot->table);
	free(snapshot->job);
	free(snapshot->options_sql);
	snapshot->table = NULL;
	snapshot->job = NULL;
	snapshot->options_sql = NULL;
	snapshot->ntables = snapshot->njobs = 0;
}

bool
relay_snapshot_open(RelaySnapshot *snapshot)
{
	relay_error_clear(&snapshot->error);
	snapshot->attempts++;
	if (snapshot->started_at == 0)
		snapshot->started_at = relay_now();
	if (!relay_snapshot_plan(snapshot))
	{
		relay_snapshot_abandon(snapshot);
		return false;
	}
	snapshot->next = snapshot->turn = snapshot->reserved = 0;
	snapshot->unread = snapshot->unfinished = snapshot->njobs;
	snapshot->rows_before = snapshot->rows;
	snapshot->tables_left = 0;
	for (int i = 0; i < snapshot->ntables; i++)
		snapshot->tables_left += snapshot->table[i].unread > 0;
	snapshot->open = true;
	relay_log(RELAY_INFO, "reading %d table%s, about %" PRId64 " rows, with %d session%s%s", snapshot->tables_left, snapshot->tables_left == 1 ? "" : "s", snapshot->estimate, snapshot->sessions,
			  snapshot->sessions > 1 ? "s" : "", snapshot->state->ntables > 0 ? ": what an interrupted snapshot has left" : "");
	return true;
}

/* The connection that a temporary slot lives by. */
static bool
check_source(RelaySnapshot *snapshot)
{
	PGconn *conn = snapshot->source->conn;
	int64_t now = relay_now();

	if (!conn || now - snapshot->source_checked_at < SOURCE_CHECK_US)
		return true;
	snapshot->source_checked_at = now;
	if (PQconsumeInput(conn) && PQstatus(conn) == CONNECTION_OK)
		return true;
	relay_fail_retry(&snapshot->error, RELAY_EXIT_SOURCE, "lost the connection that holds the slot: %s", PQerrorMessage(conn));
	relay_source_close(snapshot->source);
	return false;
}

/* Asks the sessions in turn for rows, until there are some that may go to the sink. */
static RelayReceived
ask_sessions(RelaySnapshot *snapshot)
{
	int silent = 0;

	while (!snapshot->ready && silent < snapshot->sessions)
	{
		RelaySession *session = &snapshot->session[snapshot->turn];
		RelayReceived received = RELAY_RECEIVED_NOTHING;

		for (int i = 0; i < ROWS_PER_TURN && !snapshot->ready; i++)
		{
			received = relay_session_receive(snapshot, session);
			if (received == RELAY_RECEIVED_ERROR)
				return received;
			if (received == RELAY_RECEIVED_NOTHING)
				break;
		}
		silent = received == RELAY_RECEIVED_NOTHING ? silent + 1 : 0;
		/* one that has more is asked again, so that its rows follow each other */
		if (received == RELAY_RECEIVED_NOTHING || !snapshot->ready)
			snapshot->turn = (snapshot->turn + 1) % snapshot->sessions;
	}
	return snapshot->ready ? RELAY_RECEIVED_FRAME : RELAY_RECEIVED_NOTHING;
}

RelayReceived
relay_snapshot_receive(RelaySnapshot *snapshot, RelayMessage *message, RelayJob **job)
{
	RelayRow *row;

	if (!check_source(snapshot))
		return RELAY_RECEIVED_ERROR;
	if (!snapshot->ready)
	{
		RelayReceived received = ask_sessions(snapshot);

		if (received != RELAY_RECEIVED_FRAME)
			return received;
	}
	row = snapshot->ready;
	snapshot->ready = row->next;
	if (!snapshot->ready)
		snapshot->ready_last = NULL;
	memset(message, 0, sizeof(*message));
	message->data = row->data;
	message->release = row->release;
	message->frame = row->frame;
	message->frame_len = row->frame_len;
	*job = row->job;
	free(row);
	return RELAY_RECEIVED_FRAME;
}

void
relay_snapshot_acknowledged(RelaySnapshot *snapshot, RelayJob *job)
{
	RelayState *state = snapshot->state;

	job->unsafe--;
	if (job->unsafe > 0 || !job->read || job->finished)
		return;
	job->finished = true;
	snapshot->unfinished--;
	if (!job->sweep)
		relay_state_finish_range(state, job->table->oid, job->table->file, job->range);
	/* what the state does not have is only read again */
	if (snapshot->slot == RELAY_SNAPSHOT_HAS_SLOT && relay_now() - state->written_at >= snapshot->options->status_us)
		relay_state_save(state);
}

bool
relay_snapshot_complete(const RelaySnapshot *snapshot)
{
	return snapshot->open && snapshot->unfinished == 0;
}

bool
relay_snapshot_finish(RelaySnapshot *snapshot)
{
	RelayState *state = snapshot->state;
	RelaySource *source = snapshot->source;
	uint64_t lsn = state->snapshot_lsn;
	bool stands_in = snapshot->slot == RELAY_SNAPSHOT_STAND_IN;

	if (stands_in && !relay_slot_settle(source))
	{
		snapshot->error = source->error;
		return false;
	}
	relay_snapshot_abandon(snapshot);
	relay_state_forget_snapshot(state);
	state->phase = snapshot->slot == RELAY_SNAPSHOT_NO_SLOT ? RELAY_PHASE_FINISHED : RELAY_PHASE_STREAMING;
	state->acked_lsn = snapshot->slot == RELAY_SNAPSHOT_NO_SLOT ? 0 : lsn;
	if (!relay_state_save_now(state, INT64_MAX))
	{
		snapshot->error = state->error;
		return false;
	}
	snapshot->active = false;
	snapshot->ended_at = relay_now();
	return true;
}

int
relay_snapshot_poll(const RelaySnapshot *snapshot, struct pollfd *fds)
{
	if (!snapshot->open)
		return 0;
	for (int i = 0; i < snapshot->sessions; i++)
		fds[i] = (struct pollfd){snapshot->session[i].waiting ? PQsocket(snapshot->session[i].conn) : -1, POLLIN, 0};
	return snapshot->sessions;
}

void
relay_snapshot_polled(RelaySnapshot *snapshot, const struct pollfd *fds, int n)
{
	/* what is wrong with a connection shows when its session is asked */
	for (int i = 0; i < n; i++)
	{
		if (fds[i].revents)
			(void) PQconsumeInput(snapshot->session[i].conn);
	}
}

int64_t
relay_snapshot_due(const RelaySnapshot *snapshot)
{
	int64_t due = INT64_MAX;

	if (!snapshot->open)
		return due;
	for (int i = 0; i < snapshot->sessions; i++)
	{
		const RelaySession *session = &snapshot->session[i];

		if (!session->conn && session->retry_at > 0 && snapshot->unread > 0 && session->retry_at < due)
			due = session->retry_at;
	}
	if (snapshot->source->conn && snapshot->source_checked_at + SOURCE_CHECK_US < due)
		due = snapshot->source_checked_at + SOURCE_CHECK_US;
	return due;
}
