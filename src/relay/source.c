/*
 * source.c
 *		The slot: connection, replication protocol, confirmations; see source.h.
 */
#include "relay/source.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/heartbeat.h"
#include "relay/log.h"

/* microseconds between 1970 and 2000, where the server's clock begins */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)
#define DATA_HEADER 25 /* 'w', start, end, time */
#define KEEPALIVE_SIZE 18 /* 'k', end, time, reply */
#define STATUS_SIZE 34 /* 'r', written, flushed, applied, time, reply */

/* Without other wishes, as many bytes of records in one message. */
#define BATCH_BYTES "65536"

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

static void
hint_slot_lost(RelaySource *source)
{
	relay_hint(&source->error,
			   "Changes since its position are gone from the log. Drop the slot with SELECT pg_drop_replication_slot('%s'), "
			   "and start with a new slot and a new snapshot. To prevent it: max_slot_wal_keep_size (and idle_replication_slot_timeout on 18) "
			   "must cover the longest pause.",
			   source->options->slot);
}

/* An error of a command or of the stream, by its SQLSTATE. */
static bool
server_error(RelaySource *source, const char *what, const PGresult *result)
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
		hint_slot_lost(source);
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

/* The connection failed, or the stream on it. */
static bool
connection_error(RelaySource *source, const char *what)
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

/* Runs a command; NULL after an error. */
static PGresult *
run(RelaySource *source, const char *what, const char *command)
{
	PGresult *result = PQexec(source->conn, command);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	server_error(source, what, result);
	PQclear(result);
	return NULL;
}

static bool
run_quietly(RelaySource *source, const char *what, const char *command)
{
	PGresult *result = run(source, what, command);

	PQclear(result);
	return result != NULL;
}

/* IDENTIFY_SYSTEM: the same cluster and timeline as before. */
static bool
identify(RelaySource *source)
{
	PGresult *result = run(source, "could not identify the server", "IDENTIFY_SYSTEM");
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
		return connection_error(source, "could not prepare the connection");
	relay_buf_printf(&command, "SET logical_decoding_work_mem = %s", quoted);
	PQfreemem(quoted);
	result = run(source, "could not set logical_decoding_work_mem (--work-mem)", relay_buf_cstring(&command));
	relay_buf_free(&command);
	PQclear(result);
	if (!result || !run_quietly(source, "could not prepare the connection", "SET search_path = ''"))
		return false;
	result = run(source, "could not prepare the connection", "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'");
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
		connection_error(source, "could not connect to the server");
		relay_source_close(source);
		return false;
	}
	source->version = PQserverVersion(source->conn);
	if (source->version < 150000)
		return relay_fail(&source->error, RELAY_EXIT_SOURCE, "the server is of version %d, and the plugin needs 15 or later", source->version / 10000);
	return identify(source) && prepare_session(source);
}

/* ------------------------------------------------------------------------
 * The slot
 * ------------------------------------------------------------------------
 */

static bool
create_slot(RelaySource *source)
{
	RelayBuf command = {0};
	PGresult *result;
	bool ok;

	if (source->options->failover && source->version < 170000)
		return relay_fail(&source->error, RELAY_EXIT_USAGE, "--failover needs PostgreSQL 17 or later");
	/* its name has no characters that would need more than quotes */
	relay_buf_printf(&command, "CREATE_REPLICATION_SLOT \"%s\"%s LOGICAL \"cdc_json\" (SNAPSHOT 'nothing'%s)", source->options->slot,
					 source->options->temporary ? " TEMPORARY" : "", source->options->failover ? ", FAILOVER true" : "");
	result = run(source, "could not create the slot", relay_buf_cstring(&command));
	relay_buf_free(&command);
	if (!result)
		return false;
	ok = relay_parse_lsn(PQgetvalue(result, 0, 1), &source->slot_lsn);
	PQclear(result);
	if (!ok)
		return relay_fail(&source->error, RELAY_EXIT_INTERNAL, "the server did not tell the position of the new slot");
	/* a temporary one ends with each connection, and is never the same again */
	source->slot_seen = true;
	source->slot_created = true;
	relay_log(RELAY_INFO, "created slot \"%s\"", source->options->slot);
	return true;
}

static bool
slot_missing(RelaySource *source)
{
	if (source->options->create_slot && !source->slot_seen)
		return create_slot(source);
	relay_fail(&source->error, RELAY_EXIT_SOURCE, "replication slot \"%s\" does not exist%s", source->options->slot,
			   source->slot_seen ? " any more" : "");
	if (source->slot_seen)
		relay_hint(&source->error, "Changes since it vanished are lost: it is never created again by itself. Start with a new slot and a new snapshot.");
	else
		relay_hint(&source->error, "--create-slot creates it.");
	return false;
}

/* The slot's row: is it ours, and does it still have what it has not sent? */
static bool
check_slot(RelaySource *source, const PGresult *result)
{
	const char *slot = source->options->slot;
	const char *plugin = PQgetvalue(result, 0, 0);
	const char *database = PQgetvalue(result, 0, 1);
	const char *wal_status = PQgetvalue(result, 0, 3);
	const char *reason = PQgetvalue(result, 0, 4);

	if (strcmp(plugin, "cdc_json") != 0)
		return relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" is of plugin \"%s\", not \"cdc_json\"", slot, plugin);
	if (strcmp(database, source->database) != 0)
		return relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" is of database \"%s\", not \"%s\"", slot, database, source->database);
	if (strcmp(wal_status, "lost") == 0 || reason[0] != '\0')
	{
		relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" was invalidated: %s", slot, reason[0] != '\0' ? reason : "required log was removed");
		hint_slot_lost(source);
		return false;
	}
	if (!relay_parse_lsn(PQgetvalue(result, 0, 2), &source->slot_lsn))
		return relay_fail_retry(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" is not ready yet", slot);
	source->slot_seen = true;
	return true;
}

/* The slot's row, without any when it does not exist; NULL after an error. */
static PGresult *
look_up_slot(RelaySource *source)
{
	RelayBuf query = {0};
	PGresult *result;

	/* the reason has a column of its own since 17 */
	relay_buf_printf(&query,
					 "SELECT coalesce(plugin, ''), coalesce(database, ''), confirmed_flush_lsn, coalesce(wal_status, ''), "
					 "coalesce(pg_catalog.to_jsonb(s) OPERATOR(pg_catalog.->>) 'invalidation_reason', '') "
					 "FROM pg_catalog.pg_replication_slots s WHERE slot_name = '%s'",
					 source->options->slot);
	result = run(source, "could not look up the slot", relay_buf_cstring(&query));
	relay_buf_free(&query);
	return result;
}

bool
relay_source_has_slot(RelaySource *source)
{
	PGresult *result = look_up_slot(source);
	bool ok = result && PQntuples(result) > 0 && check_slot(source, result);

	PQclear(result);
	return ok;
}

bool
relay_source_slot(RelaySource *source)
{
	PGresult *result = look_up_slot(source);
	bool ok;

	if (!result)
		return false;
	ok = PQntuples(result) > 0 ? check_slot(source, result) : slot_missing(source);
	PQclear(result);
	return ok;
}

bool
relay_source_position(RelaySource *source, const char *text, uint64_t *lsn)
{
	PGresult *result;
	bool ok;

	if (strcmp(text, "current") != 0)
		return relay_parse_lsn(text, lsn);
	result = run(source, "could not read the server's position",
				 "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_flush_lsn() END");
	if (!result)
		return false;
	ok = relay_parse_lsn(PQgetvalue(result, 0, 0), lsn);
	PQclear(result);
	return ok || relay_fail(&source->error, RELAY_EXIT_INTERNAL, "the server did not tell its position");
}

/* ------------------------------------------------------------------------
 * The stream
 * ------------------------------------------------------------------------
 */

/* "name" 'value' in a replication command, where only quotes are special. */
static void
append_option(RelayBuf *command, const char *separator, const char *name, const char *value)
{
	relay_buf_printf(command, "%s\"", separator);
	for (; *name; name++)
		relay_buf_append(command, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
	relay_buf_text(command, "\" '");
	for (; *value; value++)
		relay_buf_append(command, *value == '\'' ? "''" : value, *value == '\'' ? 2 : 1);
	relay_buf_text(command, "'");
}

/* The option was given, by either way of writing its name. */
static bool
is_given(const RelaySettings *plugin, const char *name)
{
	char *underscored = relay_strdup(name);
	bool given;

	for (char *p = underscored; *p; p++)
	{
		if (*p == '.')
			*p = '_';
	}
	given = relay_setting(plugin, name) || relay_setting(plugin, underscored);
	free(underscored);
	return given;
}

bool
relay_source_start(RelaySource *source, uint64_t lsn)
{
	const RelaySettings *plugin = &source->options->plugin;
	RelayBuf command = {0};
	char text[RELAY_LSN_TEXT];
	PGresult *result;
	bool ok;

	relay_buf_printf(&command, "START_REPLICATION SLOT \"%s\" LOGICAL %s (", source->options->slot, relay_lsn_text(lsn, text));
	append_option(&command, "", "format", "frame");
	if (!is_given(plugin, "batch.bytes"))
		append_option(&command, ", ", "batch.bytes", BATCH_BYTES);
	for (const char *const *o = source->plugin_options; o && *o; o += 2)
	{
		if (!is_given(plugin, o[0]))
			append_option(&command, ", ", o[0], o[1]);
	}
	for (int i = 0; i < plugin->n; i++)
	{
		if (!relay_heartbeat_option(plugin->item[i].name))
			append_option(&command, ", ", plugin->item[i].name, plugin->item[i].value);
	}
	relay_buf_text(&command, ")");
	result = PQexec(source->conn, relay_buf_cstring(&command));
	relay_buf_free(&command);
	ok = PQresultStatus(result) == PGRES_COPY_BOTH;
	if (!ok)
		server_error(source, "could not start to read the slot", result);
	PQclear(result);
	if (!ok)
		return false;
	if (PQsetnonblocking(source->conn, 1) != 0)
		return connection_error(source, "could not start to read the slot");
	source->streaming = true;
	source->received_at = relay_now();
	source->status_lsn = lsn;
	relay_log(RELAY_INFO, "reading slot \"%s\" from %s", source->options->slot, text);
	return true;
}

int
relay_source_descriptor(const RelaySource *source)
{
	return source->conn ? PQsocket(source->conn) : -1;
}

bool
relay_source_flush(RelaySource *source)
{
	if (source->conn && PQflush(source->conn) < 0)
		return connection_error(source, "could not send to the server");
	return true;
}

bool
relay_source_sending(const RelaySource *source)
{
	return source->conn && source->streaming && PQflush(source->conn) == 1;
}

bool
relay_source_read(RelaySource *source)
{
	if (PQconsumeInput(source->conn) == 0)
		return connection_error(source, "lost the connection to the server");
	return true;
}

static uint64_t
get_u64(const char *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | (unsigned char) at[i];
	return value;
}

static void
put_u64(char *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (char) (value >> (56 - 8 * i));
}

/* The server ended the stream: in good order it never does before we do. */
static RelayReceived
stream_ended(RelaySource *source)
{
	PGresult *result = PQgetResult(source->conn);

	if (PQresultStatus(result) == PGRES_FATAL_ERROR)
		server_error(source, "the server ended the stream", result);
	else
		relay_fail_retry(&source->error, RELAY_EXIT_SOURCE, "the server ended the stream");
	PQclear(result);
	source->streaming = false;
	return RELAY_RECEIVED_ERROR;
}

RelayReceived
relay_source_receive(RelaySource *source, RelayMessage *message)
{
	char *data;
	int len = PQgetCopyData(source->conn, &data, 1);

	if (len == 0)
		return RELAY_RECEIVED_NOTHING;
	if (len == -1)
		return stream_ended(source);
	if (len < 0)
	{
		connection_error(source, "could not receive from the server");
		return RELAY_RECEIVED_ERROR;
	}
	source->received_at = relay_now();
	source->waiting_since = 0;
	if (len >= DATA_HEADER && data[0] == 'w')
	{
		uint64_t end = get_u64(data + 9);

		if (end > source->server_lsn)
			source->server_lsn = end;
		message->data = data;
		message->release = PQfreemem;
		message->frame = data + DATA_HEADER;
		message->frame_len = (size_t) (len - DATA_HEADER);
		return RELAY_RECEIVED_FRAME;
	}
	if (len >= KEEPALIVE_SIZE && data[0] == 'k')
	{
		message->lsn = get_u64(data + 1);
		if (message->lsn > source->server_lsn)
			source->server_lsn = message->lsn;
		if (data[17])
			source->reply_requested = true;
		PQfreemem(data);
		return RELAY_RECEIVED_KEEPALIVE;
	}
	PQfreemem(data);
	relay_fail(&source->error, RELAY_EXIT_SOURCE, "the server sent a message that does not belong to the replication protocol");
	return RELAY_RECEIVED_ERROR;
}

bool
relay_source_status(RelaySource *source, uint64_t received, uint64_t confirmed, bool request)
{
	char status[STATUS_SIZE];
	int64_t now = relay_now();

	status[0] = 'r';
	put_u64(status + 1, received > confirmed ? received : confirmed);
	put_u64(status + 9, confirmed);
	put_u64(status + 17, confirmed);
	put_u64(status + 25, (uint64_t) (relay_wall_clock() - POSTGRES_EPOCH_US));
	status[33] = request;
	/* 0 means that the buffer is full: there are older statuses in it, which keep the connection */
	if (PQputCopyData(source->conn, status, sizeof(status)) < 0 || PQflush(source->conn) < 0)
		return connection_error(source, "could not send to the server");
	source->status_at = now;
	source->status_lsn = confirmed;
	source->reply_requested = false;
	if (request && source->waiting_since == 0)
		source->waiting_since = now;
	return true;
}

int64_t
relay_source_status_interval(const RelaySource *source)
{
	int64_t interval = 10 * 1000000;

	if (source->sender_timeout_us > 0 && source->sender_timeout_us / 3 < interval)
		interval = source->sender_timeout_us / 3;
	return interval;
}

void
relay_source_end(RelaySource *source, int64_t timeout_us)
{
	int64_t deadline = relay_now() + timeout_us;
	bool ended = false;

	if (!source->conn || !source->streaming || PQputCopyEnd(source->conn, NULL) < 0)
		return;
	while (!ended && relay_now() < deadline)
	{
		int flushed = PQflush(source->conn);
		struct pollfd poll_fd = {PQsocket(source->conn), (short) (POLLIN | (flushed == 1 ? POLLOUT : 0)), 0};
		char *data;
		int len;

		if (flushed < 0 || poll(&poll_fd, 1, 100) < 0 || PQconsumeInput(source->conn) == 0)
			return;
		while ((len = PQgetCopyData(source->conn, &data, 1)) > 0)
			PQfreemem(data);
		ended = len < 0;
	}
	source->streaming = false;
}
