/*
 * control.c
 *		A second, ordinary connection; see control.h.
 *
 * A heartbeat is a transactional message in the log.  The slot passes it like
 * any transaction, and so does not hold back log that other databases write
 * while this one is quiet.
 */
#include "relay/control.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

#define RETRY_US 5000000
#define PATIENCE_US 30000000 /* for an answer */
#define ASK_US 10000000 /* between questions when heartbeats are off */

void
relay_control_init(RelayControl *control, const RelayOptions *options)
{
	memset(control, 0, sizeof(*control));
	control->options = options;
}

void
relay_control_close(RelayControl *control)
{
	if (control->conn)
		PQfinish(control->conn);
	control->conn = NULL;
	control->state = RELAY_CONTROL_CLOSED;
	control->known = false;
}

int
relay_control_descriptor(const RelayControl *control)
{
	return control->conn ? PQsocket(control->conn) : -1;
}

int64_t
relay_control_due(const RelayControl *control)
{
	return control->state == RELAY_CONTROL_CONNECTING || control->state == RELAY_CONTROL_ASKING ? control->give_up_at : control->due;
}

static void
failed(RelayControl *control, const char *reason)
{
	if (!control->warned)
	{
		relay_log(RELAY_WARNING, "no heartbeats for now: %.*s", (int) strcspn(reason, "\n"), reason);
		control->warned = true;
	}
	relay_control_close(control);
	control->due = relay_now() + RETRY_US;
}

static void
start(RelayControl *control)
{
	const char *keywords[] = {"dbname", "fallback_application_name", "connect_timeout", NULL};
	const char *values[] = {control->options->dsn ? control->options->dsn : "", "cdc_json_relay control", "10", NULL};

	control->give_up_at = relay_now() + PATIENCE_US;
	control->conn = PQconnectStartParams(keywords, values, 1);
	if (!control->conn || PQstatus(control->conn) == CONNECTION_BAD)
	{
		failed(control, control->conn ? PQerrorMessage(control->conn) : "out of memory");
		return;
	}
	control->state = RELAY_CONTROL_CONNECTING;
	control->events = POLLOUT;
}

static void
go_on_connecting(RelayControl *control)
{
	switch (PQconnectPoll(control->conn))
	{
		case PGRES_POLLING_READING:
			control->events = POLLIN;
			break;
		case PGRES_POLLING_WRITING:
			control->events = POLLOUT;
			break;
		case PGRES_POLLING_OK:
			control->state = RELAY_CONTROL_READY;
			control->events = POLLIN;
			control->due = 0;
			PQsetnonblocking(control->conn, 1);
			break;
		default:
			failed(control, PQerrorMessage(control->conn));
			break;
	}
}

/* One query does both; a standby cannot write to the log. */
static void
ask(RelayControl *control)
{
	char query[1000];

	snprintf(query, sizeof(query),
			 "SELECT coalesce(s.wal_status, ''), pg_catalog.pg_wal_lsn_diff(h.here, s.restart_lsn)::pg_catalog.int8, "
			 "pg_catalog.pg_wal_lsn_diff(h.here, s.confirmed_flush_lsn)::pg_catalog.int8, "
			 "CASE WHEN NOT pg_catalog.pg_is_in_recovery() AND %s THEN pg_catalog.pg_logical_emit_message(true, 'cdc_json.heartbeat', '') END "
			 "FROM (SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END AS here) h "
			 "LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = '%s'",
			 control->options->heartbeat_us > 0 ? "true" : "false", control->options->slot);
	control->give_up_at = relay_now() + PATIENCE_US;
	if (!PQsendQuery(control->conn, query))
	{
		failed(control, PQerrorMessage(control->conn));
		return;
	}
	control->state = RELAY_CONTROL_ASKING;
	control->events = PQflush(control->conn) == 1 ? POLLIN | POLLOUT : POLLIN;
}

/* True if the answer says that a heartbeat was written. */
static bool
take_answer(RelayControl *control)
{
	PGresult *result;
	bool heartbeat = false;

	if (PQflush(control->conn) < 0 || !PQconsumeInput(control->conn))
	{
		failed(control, PQerrorMessage(control->conn));
		return false;
	}
	while (!PQisBusy(control->conn))
	{
		result = PQgetResult(control->conn);
		if (!result)
		{
			control->state = RELAY_CONTROL_READY;
			control->due = relay_now() + (control->options->heartbeat_us > 0 ? control->options->heartbeat_us : ASK_US);
			control->warned = false;
			break;
		}
		if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
		{
			failed(control, PQresultErrorMessage(result));
			PQclear(result);
			return false;
		}
		control->known = true;
		snprintf(control->wal_status, sizeof(control->wal_status), "%s", PQgetvalue(result, 0, 0));
		control->retained_bytes = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
		control->behind_bytes = strtoll(PQgetvalue(result, 0, 2), NULL, 10);
		heartbeat = !PQgetisnull(result, 0, 3);
		control->heartbeats += heartbeat;
		PQclear(result);
	}
	return heartbeat;
}

bool
relay_control_serve(RelayControl *control)
{
	struct pollfd ready = {relay_control_descriptor(control), control->events, 0};
	int64_t now = relay_now();
	bool heartbeat = false;

	if (control->state == RELAY_CONTROL_CLOSED)
	{
		if (now >= control->due)
			start(control);
		return false;
	}
	if (control->state == RELAY_CONTROL_READY && now < control->due)
		return false;
	if (control->state == RELAY_CONTROL_READY)
		ask(control);
	else if (poll(&ready, 1, 0) == 1)
	{
		if (control->state == RELAY_CONTROL_CONNECTING)
			go_on_connecting(control);
		else
			heartbeat = take_answer(control);
	}
	else if (now >= control->give_up_at)
		failed(control, "the server does not answer");
	return heartbeat;
}
