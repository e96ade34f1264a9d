/*
 * relay.c
 *		The loop: from the source through the ledger to the sink; see relay.h.
 *
 * One thread and one poll().  Reading stops while too much is in flight; the
 * server then still gets its statuses, so that it keeps the connection.
 *
 * After a lost connection, what is in flight is delivered first, and then the
 * server starts again from the confirmed position: as little as possible
 * comes twice.  After an error of the sink that a new attempt may heal, what
 * was in flight is forgotten and comes again from the server.
 */
#include "relay/relay.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/heartbeat.h"
#include "relay/log.h"
#include "relay/notify.h"
#include "relay/start.h"

#define FIRST_PAUSE_US 100000
#define PUMP_BYTES (1024 * 1024) /* read before the sink is served again */
#define ASK_US 100000 /* with --endpos: time between requests for the server's position */
#define END_US 2000000 /* for ending the stream in good order */

static bool
fail_with(Relay *relay, const RelayError *error)
{
	if (!relay->error.set)
		relay->error = *error;
	return false;
}

/* Doubles a pause up to the limit. */
static int64_t
next_pause(const Relay *relay, int64_t pause)
{
	pause = pause == 0 ? FIRST_PAUSE_US : pause * 2;
	return pause < relay->options->retry_us ? pause : relay->options->retry_us;
}

/* ------------------------------------------------------------------------
 * Connecting
 * ------------------------------------------------------------------------
 */

/* The sink hears whose log the records are of. */
static void
identify(Relay *relay)
{
	if (relay->sink->kind->identify)
		relay->sink->kind->identify(relay->sink, relay->source.system_id, relay->source.timeline);
}

static bool
start_stream(Relay *relay)
{
	RelaySource *source = &relay->source;

	if (!source->conn && (!relay_source_connect(source) || !relay_start_again(relay)))
		return false;
	if (relay->options->endpos && !relay->has_endpos)
	{
		if (!relay_source_position(source, relay->options->endpos, &relay->endpos))
			return false;
		relay->has_endpos = true;
	}
	identify(relay);
	return relay_source_start(source, relay->ledger.confirmed_lsn);
}

/* What failed may be tried again later. */
static void
try_later(Relay *relay, const RelayError *error)
{
	relay->connect_pause = next_pause(relay, relay->connect_pause);
	relay->connect_at = relay_now() + relay->connect_pause;
	relay->source.reconnects++;
	relay_log_error(RELAY_WARNING, error);
	relay_log(RELAY_INFO, "trying again in %.1f s", (double) relay->connect_pause / 1e6);
}

/* The source failed: try again later, or give up. */
static bool
source_failed(Relay *relay)
{
	RelaySource *source = &relay->source;

	relay_source_close(source);
	if (!source->error.retry)
		return fail_with(relay, &source->error);
	try_later(relay, &source->error);
	return true;
}

/* The snapshot failed: what is not finished is read again later, or the program gives up. */
static bool
snapshot_failed(Relay *relay)
{
	RelaySnapshot *snapshot = &relay->snapshot;

	relay_snapshot_abandon(snapshot);
	if (!snapshot->error.retry)
		return fail_with(relay, &snapshot->error);
	try_later(relay, &snapshot->error);
	return true;
}

static bool
connect_if_due(Relay *relay)
{
	RelaySource *source = &relay->source;

	/* what is in flight comes first, so that it does not come twice */
	if (source->streaming || relay->snapshot.open || relay->stop_reading || !relay_ledger_empty(&relay->ledger) || relay_now() < relay->connect_at)
		return true;
	if (!relay->decided)
	{
		if (!relay_source_connect(source) || !relay_start_decide(relay))
			return source_failed(relay);
		relay->decided = true;
		identify(relay);
	}
	if (relay->snapshot.active)
		return relay_snapshot_open(&relay->snapshot) || snapshot_failed(relay);
	return relay->stop_reading || start_stream(relay) || source_failed(relay);
}

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------
 */

/*
 * After a reconnection the server starts with the transaction of which a part
 * was received before, and delivered: the sink gets each record of it once.
 */
static bool
is_repeated(const Relay *relay)
{
	return relay->record.position.lsn != 0 && relay_position_compare(&relay->record.position, &relay->handed) <= 0;
}

/* The records of the current message go to the sink, as far as it takes them. */
static bool
hand_over(Relay *relay)
{
	while (relay->batch)
	{
		RelayBatch *batch = relay->batch;

		if (!relay->record_waiting && !relay_frame_next(&relay->frame, &relay->record))
		{
			if (relay->frame.error)
				return relay_fail(&relay->error, RELAY_EXIT_SOURCE, "the server sent a malformed frame: %s", relay->frame.error);
			relay->batch = NULL;
			relay_ledger_close(batch);
			return true;
		}
		relay->record_waiting = true;
		if (relay->record.key_schema || relay->record.value_schema)
		{
			relay_fail(&relay->error, RELAY_EXIT_USAGE, "records in Avro are of no use without a schema registry, which this program cannot reach");
			relay_hint(&relay->error, "Set the options key.converter and value.converter to json.");
			return false;
		}
		if (is_repeated(relay))
		{
			relay->repeated++;
			relay->record_waiting = false;
			continue;
		}
		switch (relay->sink->kind->put(relay->sink, &relay->record, batch))
		{
			case RELAY_PUT_DONE:
				relay->records++;
				if (relay->record.position.lsn != 0)
					relay->handed = relay->record.position;
				relay_counts_add(&relay->counts, &relay->record);
				relay->record_waiting = false;
				break;
			case RELAY_PUT_LATER:
			case RELAY_PUT_FAILED:
				return true; /* serve() tells about failures */
		}
	}
	return true;
}

/* A frame came: it belongs to one transaction, whose end its records tell. */
static bool
take_frame(Relay *relay, RelayMessage *message)
{
	RelayFrame *frame = &relay->frame;
	RelayRecord *first = &relay->record;
	size_t bytes;

	relay->messages++;
	relay->bytes += message->frame_len;
	if (!relay_frame_open(frame, message->frame, message->frame_len) || (frame->records > 0 && !relay_frame_next(frame, first)))
	{
		message->release(message->data);
		relay_fail(&relay->error, RELAY_EXIT_SOURCE, "the server sent a malformed frame: %s", frame->error);
		relay_hint(&relay->error, "Plugin and program must be of versions that fit.");
		return false;
	}
	if (frame->records == 0)
	{
		message->release(message->data);
		return true;
	}
	if (relay->has_endpos && first->position.lsn > relay->endpos)
	{
		message->release(message->data);
		relay->stop_reading = true;
		return true;
	}
	bytes = message->frame_len + (size_t) frame->records * relay->sink->kind->overhead;
	relay->batch = relay_ledger_open(&relay->ledger, message->data, message->release, bytes, first->position.lsn, frame->ends_transaction);
	relay->batch->commit_us = first->time_us;
	relay->record_waiting = true;
	if (relay->has_endpos && frame->ends_transaction && first->position.lsn >= relay->endpos)
		relay->stop_reading = true;
	return hand_over(relay);
}

static void
take_keepalive(Relay *relay, uint64_t lsn)
{
	relay_ledger_keepalive(&relay->ledger, lsn);
	if (relay->has_endpos && lsn >= relay->endpos && relay->ledger.open_lsn == 0)
	{
		relay->stop_reading = true;
		relay->end_lsn = lsn;
	}
}

/* A row of the snapshot came. */
static bool
take_row(Relay *relay, RelayMessage *message, RelayJob *job)
{
	RelayFrame *frame = &relay->frame;

	relay->messages++;
	relay->bytes += message->frame_len;
	if (!relay_frame_open(frame, message->frame, message->frame_len) || !relay_frame_next(frame, &relay->record))
	{
		message->release(message->data);
		return relay_fail(&relay->error, RELAY_EXIT_SOURCE, "the server sent a malformed frame: %s", frame->error ? frame->error : "it has no record");
	}
	relay->batch = relay_ledger_open(&relay->ledger, message->data, message->release, message->frame_len + relay->sink->kind->overhead, 0, false);
	relay->batch->job = job;
	relay->record_waiting = true;
	return hand_over(relay);
}

static bool
has_room(const Relay *relay)
{
	return !relay->batch && relay->ledger.bytes < (size_t) relay->options->max_inflight_bytes;
}

/* The same for rows of the snapshot. */
static bool
pump_snapshot(Relay *relay, bool *idle, uint64_t until)
{
	while (!relay->stop_reading && has_room(relay))
	{
		RelayMessage message;
		RelayJob *job;

		switch (relay_snapshot_receive(&relay->snapshot, &message, &job))
		{
			case RELAY_RECEIVED_FRAME:
				if (!take_row(relay, &message, job))
					return false;
				break;
			case RELAY_RECEIVED_ERROR:
				return snapshot_failed(relay);
			default:
				return true;
		}
		relay->connect_pause = 0;
		if (relay->bytes >= until)
		{
			*idle = false;
			return true;
		}
	}
	return true;
}

/* When all its rows are safe, the stream may begin. */
static bool
finish_snapshot(Relay *relay)
{
	RelaySnapshot *snapshot = &relay->snapshot;

	if (!relay_snapshot_complete(snapshot))
		return true;
	if (!relay_snapshot_finish(snapshot))
		return snapshot_failed(relay);
	relay_progress_end(&relay->progress, snapshot);
	relay_log(RELAY_INFO, "the snapshot is complete: %" PRIu64 " rows in %.1f s", snapshot->rows, (double) (snapshot->ended_at - snapshot->started_at) / 1e6);
	relay_ledger_init(&relay->ledger, relay->state.acked_lsn);
	relay->started = snapshot->slot != RELAY_SNAPSHOT_NO_SLOT;
	if (!relay->started)
		relay->stop_reading = true;
	return true;
}

/*
 * Takes messages that have arrived.  *idle tells that nothing more is there,
 * or that there is no room for it.
 */
static bool
pump(Relay *relay, bool *idle)
{
	uint64_t until = relay->bytes + PUMP_BYTES;

	*idle = true;
	if (!hand_over(relay))
		return false;
	if (relay->snapshot.open)
		return pump_snapshot(relay, idle, until);
	while (relay->source.streaming && !relay->stop_reading && has_room(relay))
	{
		RelayMessage message;

		switch (relay_source_receive(&relay->source, &message))
		{
			case RELAY_RECEIVED_NOTHING:
				return true;
			case RELAY_RECEIVED_FRAME:
				if (!take_frame(relay, &message))
					return false;
				break;
			case RELAY_RECEIVED_KEEPALIVE:
				take_keepalive(relay, message.lsn);
				break;
			case RELAY_RECEIVED_ERROR:
				return source_failed(relay);
		}
		relay->connect_pause = 0;
		if (relay->bytes >= until)
		{
			*idle = false;
			return true;
		}
	}
	return true;
}

/* ------------------------------------------------------------------------
 * Statuses
 * ------------------------------------------------------------------------
 */

/* When the next status is due. */
static int64_t
status_due(const Relay *relay)
{
	const RelaySource *source = &relay->source;
	int64_t interval = relay_source_status_interval(source);

	if (!source->streaming)
		return INT64_MAX;
	if (source->reply_requested)
		return 0;
	if (relay->ledger.confirmed_lsn > source->status_lsn && relay->options->status_us < interval)
		interval = relay->options->status_us;
	if (relay->has_endpos && !relay->stop_reading && interval > ASK_US)
		interval = ASK_US;
	return source->status_at + interval;
}

/* A connection that is silent for long although we asked is dead. */
static bool
check_silence(Relay *relay)
{
	RelaySource *source = &relay->source;
	int64_t limit = source->sender_timeout_us > 0 ? source->sender_timeout_us : 60 * 1000000;

	if (!has_room(relay) || relay->stop_reading)
		source->waiting_since = 0; /* we do not read */
	else if (source->waiting_since != 0 && relay_now() - source->waiting_since > limit)
	{
		relay_fail_retry(&source->error, RELAY_EXIT_SOURCE, "the server has not answered for %d s", (int) (limit / 1000000));
		return source_failed(relay);
	}
	return true;
}

/* The state has a position before it is confirmed; it may be on its way. */
static bool
save_position(Relay *relay)
{
	RelayState *state = &relay->state;

	if (!relay_state_serve(state))
		return fail_with(relay, &state->error);
	relay_state_acknowledge(state, relay->ledger.confirmed_lsn);
	/* the server may ask for statuses often */
	if (relay_now() - state->written_at < relay->options->status_us / 2)
		return true;
	return relay_state_save(state) || fail_with(relay, &state->error);
}

static bool
send_status_if_due(Relay *relay)
{
	RelaySource *source = &relay->source;
	bool ask;

	if (!source->streaming)
		return true;
	if (!check_silence(relay))
		return false;
	if (!source->streaming || relay_now() < status_due(relay))
		return true;
	ask = has_room(relay) && !relay->stop_reading &&
		  (relay->has_endpos || relay_now() - source->received_at > relay_source_status_interval(source));
	if (!save_position(relay))
		return false;
	return relay_source_status(source, relay->ledger.received_lsn, relay_state_confirmable(&relay->state, relay->ledger.confirmed_lsn), ask) ||
		   source_failed(relay);
}

/* ------------------------------------------------------------------------
 * The sink
 * ------------------------------------------------------------------------
 */

/* Forgets what is in flight, and reads again from the confirmed position. */
static bool
restart_sink(Relay *relay)
{
	int64_t now = relay_now();

	relay_log_error(RELAY_WARNING, &relay->sink->error);
	/* one failure after another: slower and slower */
	if (now - relay->sink_restarted_at > 60 * INT64_C(1000000))
		relay->sink_pause = 0;
	relay->sink_pause = next_pause(relay, relay->sink_pause);
	relay->sink_restarted_at = now;
	relay->sink_restarts++;
	/* what was read of the snapshot and is not safe is read again */
	if (relay->snapshot.active)
		relay_snapshot_abandon(&relay->snapshot);
	else
		relay_source_close(&relay->source);
	relay->batch = NULL;
	relay->record_waiting = false;
	if (!relay->sink->kind->restart(relay->sink))
		return fail_with(relay, &relay->sink->error);
	relay_ledger_forget(&relay->ledger);
	/* what it had been given before, it may not have; that is read again, also if it was the last */
	memset(&relay->handed, 0, sizeof(relay->handed));
	relay->stop_reading = false;
	relay->end_lsn = 0;
	relay->connect_at = now + relay->sink_pause;
	relay_log(RELAY_INFO, "the sink starts again, from the last acknowledged transaction");
	return true;
}

static bool
serve_sink(Relay *relay, bool idle)
{
	RelaySink *sink = relay->sink;

	if (sink->kind->serve(sink, idle))
		return true;
	if (sink->error.retry && sink->kind->restart && !relay->stopped_by_signal)
		return restart_sink(relay);
	return fail_with(relay, &sink->error);
}

/* ------------------------------------------------------------------------
 * In the background: heartbeats, metrics, systemd
 * ------------------------------------------------------------------------
 */

/* Debezium's heartbeat record, between two transactions. */
static void
put_heartbeat(Relay *relay)
{
	RelayBuf buf = {0};
	RelayRecord record;
	RelayBatch *batch;

	if (relay->batch || relay->ledger.open_lsn != 0)
		return;
	relay_heartbeat_record(&relay->options->plugin, relay->source.database, &buf, &record);
	/* when it is safe, everything read before it is, too */
	batch = relay_ledger_open(&relay->ledger, buf.data, free, buf.len + relay->sink->kind->overhead, relay->ledger.received_lsn, true);
	/* a sink that is full goes without */
	relay->sink->kind->put(relay->sink, &record, batch);
	relay_ledger_close(batch);
}

/* Whether the second connection is of use: once the slot is there, until the end. */
static bool
background_wanted(const Relay *relay)
{
	return relay->source.streaming && !relay->stop_reading && (relay->options->heartbeat_us > 0 || relay->options->metrics);
}

static void
serve_background(Relay *relay)
{
	if (background_wanted(relay) && relay_control_serve(&relay->control) && relay_heartbeat_wanted(&relay->options->plugin))
		put_heartbeat(relay);
	if ((relay->source.streaming || relay->snapshot.open) && !relay->ready)
	{
		relay->ready = true;
		relay_notify(relay->snapshot.open ? "READY=1\nSTATUS=taking the snapshot" : "READY=1\nSTATUS=reading the slot");
	}
	if (relay->snapshot.open)
		relay_progress_show(&relay->progress, &relay->snapshot);
	if (relay_now() >= relay->watchdog_at)
	{
		relay_notify("WATCHDOG=1");
		relay->watchdog_at = relay_now() + relay_notify_watchdog();
	}
}

static void
on_leave(void *context, const RelayBatch *batch)
{
	Relay *relay = context;

	if (batch->job)
		relay_snapshot_acknowledged(&relay->snapshot, batch->job);
	else
		relay_latency_add(&relay->latency, batch);
}

static int
handle_http(void *context, const char *path, RelayBuf *body)
{
	const Relay *relay = context;

	if (strcmp(path, "/metrics") == 0)
	{
		relay_metrics_write(relay, body);
		return 200;
	}
	if (strcmp(path, "/healthz") == 0)
		return relay_metrics_healthy(relay, body) ? 200 : 503;
	relay_buf_text(body, "/metrics and /healthz are here\n");
	return 404;
}

/* ------------------------------------------------------------------------
 * Waiting
 * ------------------------------------------------------------------------
 */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int
timeout_ms(const Relay *relay)
{
	int64_t now = relay_now();
	int64_t due = earlier(status_due(relay), relay->sink->kind->due(relay->sink));

	due = earlier(due, relay_http_due(&relay->http));
	due = earlier(due, relay->watchdog_at);
	if (background_wanted(relay))
		due = earlier(due, relay_control_due(&relay->control));
	due = earlier(due, relay_snapshot_due(&relay->snapshot));
	if (relay->snapshot.open)
		due = earlier(due, relay_progress_due(&relay->progress));
	if (!relay->source.streaming && !relay->snapshot.open && !relay->stop_reading && relay_ledger_empty(&relay->ledger))
		due = earlier(due, relay->connect_at);
	if (relay->stopped_by_signal && relay->stop_deadline < due)
		due = relay->stop_deadline;
	if (due <= now)
		return 0;
	/* rounded up, so that it is due when we wake */
	return due - now > 60 * INT64_C(1000000) ? 60000 : (int) ((due - now + 999) / 1000);
}

enum
{
	POLL_WAKE,
	POLL_SINK,
	POLL_SOURCE,
	POLL_CONTROL,
	POLL_STATE,
	POLL_HTTP,
	POLL_SNAPSHOT = POLL_HTTP + RELAY_HTTP_FDS,
	POLL_COUNT = POLL_SNAPSHOT + RELAY_MAX_SNAPSHOT_JOBS
};

static bool
wait_for_work(Relay *relay, int timeout)
{
	struct pollfd fds[POLL_COUNT];
	char drain[64];
	int sessions = 0;

	fds[POLL_WAKE] = (struct pollfd){relay->wake_fd, POLLIN, 0};
	fds[POLL_SINK] = (struct pollfd){relay->sink->kind->descriptor(relay->sink), POLLIN, 0};
	fds[POLL_SOURCE] = (struct pollfd){-1, 0, 0};
	fds[POLL_CONTROL] = (struct pollfd){relay_control_descriptor(&relay->control), relay->control.events, 0};
	fds[POLL_STATE] = (struct pollfd){relay_state_descriptor(&relay->state), POLLIN, 0};
	relay_http_poll(&relay->http, fds + POLL_HTTP);
	if (has_room(relay) && !relay->stop_reading)
		sessions = relay_snapshot_poll(&relay->snapshot, fds + POLL_SNAPSHOT);
	if (relay->source.streaming)
	{
		short events = (short) ((has_room(relay) && !relay->stop_reading ? POLLIN : 0) | (relay_source_sending(&relay->source) ? POLLOUT : 0));

		/* without events to wait for, only errors would be told, again and again */
		if (events != 0)
			fds[POLL_SOURCE] = (struct pollfd){relay_source_descriptor(&relay->source), events, 0};
	}
	if (poll(fds, (nfds_t) (POLL_SNAPSHOT + sessions), timeout) < 0 && errno != EINTR)
		return relay_fail(&relay->error, RELAY_EXIT_INTERNAL, "could not wait for events: %s", strerror(errno));
	relay_http_serve(&relay->http, fds + POLL_HTTP);
	relay_snapshot_polled(&relay->snapshot, fds + POLL_SNAPSHOT, sessions);
	/* or it would stay readable until the next status */
	if (fds[POLL_STATE].revents && !relay_state_serve(&relay->state))
		return fail_with(relay, &relay->state.error);
	if (fds[POLL_WAKE].revents)
		(void) !read(relay->wake_fd, drain, sizeof(drain));
	if ((fds[POLL_SOURCE].revents & (POLLIN | POLLERR | POLLHUP)) && !relay_source_read(&relay->source))
		return source_failed(relay);
	if ((fds[POLL_SOURCE].revents & POLLOUT) && !relay_source_flush(&relay->source))
		return source_failed(relay);
	return true;
}

/* ------------------------------------------------------------------------
 * The end
 * ------------------------------------------------------------------------
 */

static void
check_signals(Relay *relay)
{
	if (relay_stop_signals > 0 && !relay->stopped_by_signal)
	{
		relay_log(RELAY_INFO, "stopping: waiting for what is in flight");
		relay_notify("STOPPING=1");
		relay->stop_reading = true;
		relay->stopped_by_signal = true;
		relay->stop_deadline = relay_now() + relay->options->shutdown_us;
	}
}

/* Nothing more is to be delivered, or no time is left. */
static bool
finished(const Relay *relay)
{
	if (!relay->stop_reading)
		return false;
	if (relay_ledger_empty(&relay->ledger))
		return true;
	return relay->stopped_by_signal && (relay_now() >= relay->stop_deadline || relay_stop_signals > 1);
}

/* What has become safe since the last write; an error is told if there was none before. */
static void
settle_state(Relay *relay)
{
	RelayState *state = &relay->state;

	if (!relay->decided || (relay->snapshot.active && relay->snapshot.slot != RELAY_SNAPSHOT_HAS_SLOT))
		return;
	if (relay->started)
		relay_state_acknowledge(state, relay->ledger.confirmed_lsn);
	if (!relay_state_save_now(state, relay_now() + (relay->options->shutdown_us > END_US ? relay->options->shutdown_us : END_US)))
		fail_with(relay, &state->error);
}

static RelayExit
finish(Relay *relay)
{
	RelaySource *source = &relay->source;
	char text[RELAY_LSN_TEXT];

	/* all that the server sent before it told this position is safe now */
	if (relay_ledger_empty(&relay->ledger))
		relay_ledger_keepalive(&relay->ledger, relay->end_lsn);
	relay_progress_end(&relay->progress, &relay->snapshot);
	settle_state(relay);
	if (source->streaming &&
		relay_source_status(source, relay->ledger.received_lsn, relay_state_confirmable(&relay->state, relay->ledger.confirmed_lsn), false))
		relay_source_end(source, END_US);
	if (relay->error.set)
	{
		relay_log_error(RELAY_ERROR, &relay->error);
		return relay->error.code;
	}
	if (!relay_ledger_empty(&relay->ledger))
	{
		relay_log(RELAY_ERROR, "stopped with records in flight: they come again at the next start");
		return RELAY_EXIT_UNFINISHED;
	}
	if (relay->snapshot.active)
		relay_log(RELAY_INFO, "the snapshot is not finished: the next start %s", relay->state.store ? "goes on with it" : "begins it anew");
	if (relay->started)
		relay_log(RELAY_INFO, "done: everything before %s is delivered", relay_lsn_text(relay->ledger.confirmed_lsn, text));
	return RELAY_EXIT_DONE;
}

bool
relay_open(Relay *relay, const RelayOptions *options, int wake_fd)
{
	const RelaySinkKind *kind = relay_sink_find(options->sink, &relay->error);

	relay->options = options;
	relay->wake_fd = wake_fd;
	relay->http.listener = -1;
	relay->http.handle = handle_http;
	relay->http.context = relay;
	relay->ledger.on_leave = on_leave;
	relay->ledger.context = relay;
	relay->watchdog_at = relay_notify_watchdog() > 0 ? 0 : INT64_MAX;
	relay_source_init(&relay->source, options);
	relay->source.plugin_options = kind ? kind->plugin_options : NULL;
	relay_snapshot_init(&relay->snapshot, options, &relay->source, &relay->state);
	relay_progress_init(&relay->progress, strcmp(options->sink, "stdout") == 0);
	relay_control_init(&relay->control, options);
	if (!kind || !relay_http_open(&relay->http, options->check ? NULL : options->metrics, &relay->error))
		return false;
	relay->sink = kind->open(options, &relay->ledger, &relay->error);
	return relay->sink != NULL && relay_state_open(&relay->state, options, &relay->error);
}

void
relay_close(Relay *relay)
{
	if (relay->sink)
		relay->sink->kind->close(relay->sink);
	relay_http_close(&relay->http);
	relay_control_close(&relay->control);
	relay_ledger_forget(&relay->ledger);
	relay_snapshot_free(&relay->snapshot);
	relay_state_close(&relay->state);
	relay_source_free(&relay->source);
	relay_counts_free(&relay->counts);
}

/*
 * The sink was served.  Where it has made room, records that wait in our memory
 * or libpq's go on at once: no descriptor would tell of them.
 */
static bool
go_on(Relay *relay, bool had_room, bool *idle)
{
	if (relay->batch && !hand_over(relay))
		return false;
	if (!had_room && has_room(relay))
		*idle = false;
	return true;
}

RelayExit
relay_run(Relay *relay)
{
	while (!relay->error.set && !finished(relay))
	{
		bool idle = true;
		bool had_room;
		int timeout;

		check_signals(relay);
		relay_progress_hide(&relay->progress);
		if (!connect_if_due(relay) || !pump(relay, &idle))
			break;
		had_room = has_room(relay);
		if (!serve_sink(relay, idle) || !go_on(relay, had_room, &idle) || !finish_snapshot(relay) || !send_status_if_due(relay))
			break;
		serve_background(relay);
		if (finished(relay))
			break;
		timeout = idle ? timeout_ms(relay) : 0;
		if (!wait_for_work(relay, timeout))
			break;
	}
	return finish(relay);
}
