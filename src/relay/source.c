/*
 * source.c
 *		The connection for replication, commands on it, and what its errors mean;
 *		see source.h.  slot.c has the slot, stream.c the stream.
 */
#include "relay/source.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/query.h"

void
relay_source_init(RelaySource *source, const RelayOptions *options)
{
	memset(source, 0, sizeof(*source));
	source->options = options;
}

void
relay_source_close(RelaySource *source)
{
	if (source->conn)
		PQfinish(source->conn);
	source->conn = NULL;
	source->streaming = false;
	source->waiting_since = 0;
}

void
relay_source_free(RelaySource *source)
{
	relay_source_close(source);
	free(source->database);
	source->database = NULL;
}

/* ------------------------------------------------------------------------
 * Errors of the server, and what to do about them
 * ------------------------------------------------------------------------
 */

static void
hint_plugin_refused(RelaySource *source)
{
	relay_hint(&source->error,
			   "As superuser: SELECT setting FROM pg_settings WHERE name = 'output_plugin_libraries', then "
			   "ALTER SYSTEM SET output_plugin_libraries = <that list>, cdc_json (without quotes around the list) and SELECT pg_reload_conf(). "
			   "Minor releases of August 2026 and later load only listed plugins.");
}

bool
relay_source_failed(RelaySource *source, const char *what, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	RelayError *error = &source->error;

	if (!state || !primary)
		return relay_fail_retry(error, RELAY_EXIT_SOURCE, "%s: %s", what, PQerrorMessage(source->conn));
	if (strstr(primary, "may not be used as an output plugin"))
	{
		relay_fail(error, RELAY_EXIT_SOURCE, "the server does not load the plugin: %s", primary);
		hint_plugin_refused(source);
	}
	else if (strcmp(state, "58P01") == 0 && strstr(primary, "cdc_json"))
	{
		relay_fail(error, RELAY_EXIT_SOURCE, "the plugin is not installed on the server: %s", primary);
		relay_hint(error, "Install cdc_json on the server (make install); nothing needs a restart.");
	}
	else if (strcmp(state, "55006") == 0)
	{
		relay_fail_retry(error, RELAY_EXIT_SOURCE, "%s: %s", what, primary);
		relay_hint(error, "Another program reads the slot, or a broken connection has not timed out yet (wal_sender_timeout).");
	}
	else if (strcmp(state, "55000") == 0 && strstr(primary, "wal_level"))
	{
		relay_fail(error, RELAY_EXIT_SOURCE, "%s: %s", what, primary);
		relay_hint(error, "ALTER SYSTEM SET wal_level = logical, then restart the server.");
	}
	else if (strcmp(state, "55000") == 0)
	{
		relay_fail(error, RELAY_EXIT_SOURCE, "%s: %s", what, primary);
		relay_hint(error, "If changes since the slot's position are gone from the log, start with --snapshot when_needed or always and --create-slot: "
						  "the slot is made anew, and all tables are read again.");
	}
	else if (strncmp(state, "22", 2) == 0 || strncmp(state, "42601", 5) == 0)
		relay_fail(error, RELAY_EXIT_USAGE, "%s: %s", what, primary);
	else if (strncmp(state, "42", 2) == 0 || strncmp(state, "28", 2) == 0)
		relay_fail(error, RELAY_EXIT_SOURCE, "%s: %s", what, primary);
	else if (strcmp(state, "53400") == 0)
	{
		relay_fail(error, RELAY_EXIT_SOURCE, "%s: %s", what, primary);
		relay_hint(error, "Raise max_replication_slots, or drop a slot that nobody reads.");
	}
	else
		relay_fail_retry(error, RELAY_EXIT_SOURCE, "%s: %s", what, primary);
	if (hint)
		relay_hint(error, "%s", hint);
	return false;
}

bool
relay_source_disconnected(RelaySource *source, const char *what)
{
	static const char *const lasting[] = {"authentication failed", "no pg_hba.conf entry", "does not exist", "must be superuser or replication role", "permission denied"};
	const char *message = PQerrorMessage(source->conn);

	/* while starting up, errors that time does not heal are not repeated */
	for (int i = 0; !source->known && i < 5; i++)
	{
		if (strstr(message, lasting[i]))
		{
			relay_fail(&source->error, RELAY_EXIT_SOURCE, "%s: %s", what, message);
			relay_hint(&source->error, "The role needs LOGIN and REPLICATION, and a line of pg_hba.conf that lets it connect to the database.");
			return false;
		}
	}
	return relay_fail_retry(&source->error, RELAY_EXIT_SOURCE, "%s: %s", what, message);
}

/* ------------------------------------------------------------------------
 * Connection
 * ------------------------------------------------------------------------
 */

PGresult *
relay_source_run(RelaySource *source, const char *what, const char *command)
{
	PGresult *result = relay_query(source->conn, command);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	relay_source_failed(source, what, result);
	PQclear(result);
	return NULL;
}

static bool
run_quietly(RelaySource *source, const char *what, const char *command)
{
	PGresult *result = relay_source_run(source, what, command);

	PQclear(result);
	return result != NULL;
}

/* IDENTIFY_SYSTEM: the same cluster and timeline as before. */
static bool
identify(RelaySource *source)
{
	PGresult *result = relay_source_run(source, "could not identify the server", "IDENTIFY_SYSTEM");
	const char *system_id;
	uint32_t timeline;
	bool ok = true;

	if (!result)
		return false;
	if (PQntuples(result) != 1 || PQnfields(result) < 4 || PQgetisnull(result, 0, 3))
	{
		PQclear(result);
		return relay_fail(&source->error, RELAY_EXIT_SOURCE, "the server's identification is not that of a logical replication connection");
	}
	system_id = PQgetvalue(result, 0, 0);
	timeline = (uint32_t) strtoul(PQgetvalue(result, 0, 1), NULL, 10);
	if (!source->known)
	{
		snprintf(source->system_id, sizeof(source->system_id), "%s", system_id);
		source->timeline = timeline;
		source->database = relay_strdup(PQgetvalue(result, 0, 3));
		source->known = true;
	}
	else if (strcmp(source->system_id, system_id) != 0)
	{
		ok = relay_fail(&source->error, RELAY_EXIT_SOURCE, "another cluster answers: system identifier %s, before it was %s", system_id, source->system_id);
		relay_hint(&source->error, "Positions of one cluster mean nothing in another. Connect to the former one, or start afresh with a new slot and snapshot.");
	}
	else if (source->timeline != timeline)
	{
		ok = relay_fail(&source->error, RELAY_EXIT_SOURCE, "the server's timeline changed from %" PRIu32 " to %" PRIu32, source->timeline, timeline);
		relay_hint(&source->error, "It was promoted or restored. If the slot was synchronized to it (--failover), start again; else changes may be missing: start with a new slot and snapshot.");
	}
	PQclear(result);
	return ok;
}

/* Settings of our connection: memory for decoding, and nothing that surprises. */
static bool
prepare_session(RelaySource *source)
{
	RelayBuf command = {0};
	char *quoted = PQescapeLiteral(source->conn, source->options->work_mem, strlen(source->options->work_mem));
	PGresult *result;
	int64_t ms;

	if (!quoted)
		return relay_source_disconnected(source, "could not prepare the connection");
	relay_buf_printf(&command, "SET logical_decoding_work_mem = %s", quoted);
	PQfreemem(quoted);
	result = relay_source_run(source, "could not set logical_decoding_work_mem (--work-mem)", relay_buf_cstring(&command));
	relay_buf_free(&command);
	PQclear(result);
	if (!result || !run_quietly(source, "could not prepare the connection", "SET search_path = ''; SET idle_session_timeout = 0; SET statement_timeout = 0"))
		return false;
	result = relay_source_run(source, "could not prepare the connection", "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'");
	if (!result)
		return false;
	ms = PQntuples(result) == 1 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 60000;
	source->sender_timeout_us = ms * 1000;
	PQclear(result);
	return true;
}

bool
relay_source_connect(RelaySource *source)
{
	const char *keywords[] = {"dbname", "replication", "fallback_application_name", "connect_timeout", "client_encoding", NULL};
	const char *values[] = {source->options->dsn ? source->options->dsn : "", "database", "cdc_json_relay", "10", "UTF8", NULL};
	PQconninfoOption *parsed;
	char *message = NULL;

	relay_error_clear(&source->error);
	relay_source_close(source);
	parsed = PQconninfoParse(values[0], &message);
	if (!parsed && (strchr(values[0], '=') || strstr(values[0], "://")))
	{
		/* the text itself may have a password */
		relay_fail(&source->error, RELAY_EXIT_USAGE, "--dsn is not a valid connection string");
		relay_hint(&source->error, "It looks like \"host=db dbname=shop user=relay\" or \"postgresql://relay@db/shop\".");
		PQfreemem(message);
		return false;
	}
	PQfreemem(message);
	PQconninfoFree(parsed);
	source->conn = PQconnectdbParams(keywords, values, 1);
	if (!source->conn || PQstatus(source->conn) != CONNECTION_OK)
	{
		relay_source_disconnected(source, "could not connect to the server");
		relay_source_close(source);
		return false;
	}
	source->version = PQserverVersion(source->conn);
	if (source->version < 150000)
		return relay_fail(&source->error, RELAY_EXIT_SOURCE, "the server is of version %d, and the plugin needs 15 or later", source->version / 10000);
	return identify(source) && prepare_session(source);
}

bool
relay_source_end_of_log(RelaySource *source, uint64_t *lsn, bool *standby)
{
	PGresult *result = relay_source_run(source, "could not read the server's position",
										"SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() "
										"ELSE pg_catalog.pg_current_wal_flush_lsn() END, pg_catalog.pg_is_in_recovery()");
	bool ok;

	if (!result)
		return false;
	ok = relay_parse_lsn(PQgetvalue(result, 0, 0), lsn);
	*standby = PQgetvalue(result, 0, 1)[0] == 't';
	PQclear(result);
	return ok || relay_fail(&source->error, RELAY_EXIT_INTERNAL, "the server did not tell its position");
}

bool
relay_source_position(RelaySource *source, const char *text, uint64_t *lsn)
{
	bool standby;

	if (strcmp(text, "current") != 0)
		return relay_parse_lsn(text, lsn);
	return relay_source_end_of_log(source, lsn, &standby);
}
