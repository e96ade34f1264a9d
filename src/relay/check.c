/*
 * check.c
 *		--check: is everything ready?
 *
 * Looks at what the program would use: the server as a client sees it, the
 * slot, and the sink.  Changes nothing.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "relay/relay.h"

typedef struct Findings
{
	int bad;
} Findings;

static void
say(Findings *findings, bool ok, const char *item, const char *detail, const char *hint)
{
	printf("%-4s %s%s%s\n", ok ? "ok" : "BAD", item, detail[0] != '\0' ? ": " : "", detail);
	if (!ok && hint[0] != '\0')
		printf("     %s\n", hint);
	findings->bad += !ok;
}

static void
say_error(Findings *findings, const char *item, RelayError *error)
{
	say(findings, false, item, error->message, error->hint);
	relay_error_clear(error);
}

/* A snapshot is to be taken, as far as can be told without the state. */
static bool
needs_extension(const RelayOptions *options, RelaySlotStatus slot)
{
	switch (options->snapshot)
	{
		case RELAY_SNAPSHOT_NO_DATA:
			return false;
		case RELAY_SNAPSHOT_ALWAYS:
		case RELAY_SNAPSHOT_INITIAL_ONLY:
			return true;
		case RELAY_SNAPSHOT_INITIAL:
		case RELAY_SNAPSHOT_WHEN_NEEDED:
			break;
	}
	return slot == RELAY_SLOT_MISSING && options->create_slot;
}

/* A state in a file: fit for this slot and server?  Looking into a topic could create it. */
static void
check_state(Findings *findings, Relay *relay)
{
	RelayState *state = &relay->state;
	const RelaySource *source = &relay->source;
	bool moved;

	if (!relay->options->state || !state->store || strncmp(relay->options->state, "kafka:", 6) == 0)
		return;
	if (!relay_state_load(state, relay->options) ||
		(state->found && !relay_state_check_cluster(state, relay->options, source->system_id, source->timeline, source->database, &moved)))
		say_error(findings, "state", &state->error);
	else
		say(findings, true, "state", state->found ? state->store->name : "none yet", "");
}

/* The extension's own checks, if it is there. */
static void
check_extension(Findings *findings, const RelayOptions *options, bool needed)
{
	const char *keywords[] = {"dbname", "fallback_application_name", "connect_timeout", NULL};
	const char *values[] = {options->dsn ? options->dsn : "", "cdc_json_relay check", "10", NULL};
	PGconn *conn = PQconnectdbParams(keywords, values, 1);
	PGresult *result;

	if (PQstatus(conn) != CONNECTION_OK)
	{
		say(findings, false, "ordinary connection", PQerrorMessage(conn), "Heartbeats and snapshots need one, besides the one for replication.");
		PQfinish(conn);
		return;
	}
	result = PQexec(conn, "SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'cdc_json'");
	if (PQntuples(result) == 0)
	{
		if (needed)
			say(findings, false, "extension", "is not installed in this database", "A snapshot needs it: CREATE EXTENSION cdc_json; or --snapshot no_data.");
		else
			printf("     the extension is not installed here; CREATE EXTENSION cdc_json has more checks\n");
		PQclear(result);
		PQfinish(conn);
		return;
	}
	PQclear(result);
	result = PQexec(conn, "SELECT item, ok, coalesce(detail, ''), coalesce(hint, '') FROM cdc_json.check()");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		say(findings, false, "cdc_json.check()", PQresultErrorMessage(result), "");
	for (int i = 0; i < PQntuples(result); i++)
		say(findings, PQgetvalue(result, i, 1)[0] != 'f', PQgetvalue(result, i, 0), PQgetvalue(result, i, 2), PQgetvalue(result, i, 3));
	PQclear(result);
	PQfinish(conn);
}

RelayExit
relay_check(Relay *relay)
{
	Findings findings = {0};
	RelaySource *source = &relay->source;
	RelaySink *sink = relay->sink;

	if (!relay_source_connect(source))
		say_error(&findings, "replication connection", &source->error);
	else
	{
		RelaySlotStatus slot = relay_slot_look(source);

		say(&findings, true, "replication connection", source->database, "");
		switch (slot)
		{
			case RELAY_SLOT_FIT:
				say(&findings, true, "slot", relay->options->slot, "");
				break;
			case RELAY_SLOT_MISSING:
				say(&findings, relay->options->create_slot, "slot",
					relay->options->create_slot ? "will be created" : "does not exist", "--create-slot creates it.");
				break;
			case RELAY_SLOT_LOST:
				relay_slot_lost(source);
				say_error(&findings, "slot", &source->error);
				break;
			case RELAY_SLOT_UNFIT:
				say_error(&findings, "slot", &source->error);
				break;
		}
		check_state(&findings, relay);
		check_extension(&findings, relay->options, needs_extension(relay->options, slot));
	}
	if (sink->kind->probe(sink))
		say(&findings, true, "sink", sink->kind->name, "");
	else
		say_error(&findings, "sink", &sink->error);
	return findings.bad > 0 ? RELAY_EXIT_CHECK : RELAY_EXIT_DONE;
}
