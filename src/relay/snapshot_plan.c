/*
 * snapshot_plan.c
 *		Takes the snapshot on the coordinator's connection, and makes the jobs.
 *
 * The slot comes first, then the locks, then its snapshot: so nobody waits for
 * us while the new slot waits for running transactions.  A table that was
 * rewritten before it was locked shows nothing of itself in that snapshot;
 * cdc_json.chunks() tells, and a later snapshot is taken.
 *
 * Under a later snapshot, a row may have moved from a part of its table that
 * was not read yet to one that had been.  The stream has the change that moved
 * it, but of its values only those that the log holds.  So parts that were
 * finished are swept for rows that are newer than the first attempt, in tables
 * that keep values out of line.
 */
#include "relay/snapshot.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/heartbeat.h"
#include "relay/log.h"
#include "relay/query.h"

#define LOCK_AT_ONCE 200 /* tables in one command */

/* ------------------------------------------------------------------------
 * Connections
 * ------------------------------------------------------------------------
 */

bool
relay_snapshot_failed(RelaySnapshot *snapshot, PGconn *conn, const char *what, const PGresult *result)
{
	static const char *const lasting[] = {"22", "42", "28", "0A", "XX", "3D", "3F"};
	/* of a table that was dropped in the meantime */
	static const char *const gone[] = {"could not open relation", "cache lookup failed", "does not exist"};
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	RelayError *error = &snapshot->error;
	bool lasts = false;

	if (!state || !primary)
		return relay_fail_retry(error, RELAY_EXIT_SOURCE, "%s: %s", what, PQerrorMessage(conn));
	for (int i = 0; i < 7; i++)
		lasts = lasts || strncmp(state, lasting[i], 2) == 0;
	for (int i = 0; (strcmp(state, "XX000") == 0 || strcmp(state, "42P01") == 0) && i < 3; i++)
		lasts = lasts && !strstr(primary, gone[i]);
	if (lasts)
		relay_fail(error, strncmp(state, "22", 2) == 0 || strcmp(state, "42601") == 0 ? RELAY_EXIT_USAGE : RELAY_EXIT_SOURCE, "%s: %s", what, primary);
	else
		relay_fail_retry(error, RELAY_EXIT_SOURCE, "%s: %s", what, primary);
	if (hint)
		relay_hint(error, "%s", hint);
	else if (strcmp(state, "42501") == 0)
		relay_hint(error, "The role needs SELECT on all tables that are published: GRANT SELECT ON ALL TABLES IN SCHEMA ..., or pg_read_all_data. "
						  "To leave tables out: --option table.exclude.list=...");
	else if (strcmp(state, "55P03") == 0)
		relay_hint(error, "Somebody holds an exclusive lock on a table, for an ALTER TABLE for example.");
	else if (strcmp(state, "53200") == 0)
		relay_hint(error, "Each table needs a lock: raise max_locks_per_transaction.");
	return false;
}

/* Runs a command; NULL after an error. */
static PGresult *
run(RelaySnapshot *snapshot, PGconn *conn, const char *what, const char *command)
{
	PGresult *result = relay_query(conn, command);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	relay_snapshot_failed(snapshot, conn, what, result);
	PQclear(result);
	return NULL;
}

static void
ignore_notice(void *arg, const PGresult *result)
{
	(void) arg;
	(void) result;
}

PGconn *
relay_snapshot_connect(RelaySnapshot *snapshot)
{
	/* nobody's settings may end us, nor change what we read; row values are guarded only outside of parallel queries */
	static const char settings[] =
		"SELECT pg_catalog.set_config(v.name, v.value, false) FROM (VALUES ('statement_timeout', '0'), ('lock_timeout', '10s'), "
		"('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'), ('transaction_timeout', '0'), "
		"('max_parallel_workers_per_gather', '0'), ('search_path', ''), ('datestyle', 'ISO'), ('timezone', 'UTC'), "
		"('default_transaction_deferrable', 'off'), ('enable_tidscan', 'on')) AS v (name, value) "
		"WHERE v.name IN (SELECT pg_catalog.lower(s.name) FROM pg_catalog.pg_settings s)";
	const RelayOptions *options = snapshot->options;
	const char *keywords[] = {"dbname", "fallback_application_name", "connect_timeout", "client_encoding", NULL};
	const char *values[] = {options->dsn ? options->dsn : "", "cdc_json_relay snapshot", "10", "UTF8", NULL};
	PGconn *conn = PQconnectdbParams(keywords, values, 1);
	PGresult *result;

	if (!conn || PQstatus(conn) != CONNECTION_OK)
	{
		relay_fail_retry(&snapshot->error, RELAY_EXIT_SOURCE, "could not connect to the server for the snapshot: %s", PQerrorMessage(conn));
		PQfinish(conn);
		return NULL;
	}
	PQsetNoticeReceiver(conn, ignore_notice, NULL);
	result = run(snapshot, conn, "could not prepare a connection for the snapshot", settings);
	if (!result)
	{
		PQfinish(conn);
		return NULL;
	}
	PQclear(result);
	return conn;
}

static bool
check_extension(RelaySnapshot *snapshot, PGconn *conn)
{
	PGresult *result = run(snapshot, conn, "could not look for the extension", "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'cdc_json'");
	bool ok = result && PQntuples(result) > 0;

	PQclear(result);
	if (ok || !result)
		return ok;
	relay_fail(&snapshot->error, RELAY_EXIT_SOURCE, "a snapshot needs the extension, which this database does not have");
	relay_hint(&snapshot->error, "CREATE EXTENSION cdc_json, once, in the database; or --snapshot no_data, which starts with the changes from now on.");
	return false;
}

/* ------------------------------------------------------------------------
 * Options of the functions
 * ------------------------------------------------------------------------
 */

/* Heartbeats are ours, and batches are the stream's. */
static bool
is_for_rows(const char *name)
{
	return !relay_heartbeat_option(name) && strcmp(name, "batch.bytes") != 0 && strcmp(name, "batch_bytes") != 0;
}

static bool
append_literal(RelaySnapshot *snapshot, PGconn *conn, RelayBuf *buf, const char *separator, const char *text)
{
	char *quoted = PQescapeLiteral(conn, text, strlen(text));

	if (!quoted)
		return relay_fail(&snapshot->error, RELAY_EXIT_USAGE, "an option cannot be used in the server's encoding: %s", PQerrorMessage(conn));
	relay_buf_text(buf, separator);
	relay_buf_text(buf, quoted);
	PQfreemem(quoted);
	return true;
}

static bool
append_option(RelaySnapshot *snapshot, PGconn *conn, RelayBuf *buf, const char *name, const char *value)
{
	const char *separator = buf->data[buf->len - 1] == '[' ? "" : ", ";

	return append_literal(snapshot, conn, buf, separator, name) && append_literal(snapshot, conn, buf, ", ", value);
}

/* The plugin's options, name and value in turn, as an array; "rows" adds what all rows of the snapshot tell. */
static bool
make_options(RelaySnapshot *snapshot, PGconn *conn, RelayBuf *buf, bool rows)
{
	const RelayState *state = snapshot->state;
	const RelaySettings *plugin = &snapshot->options->plugin;
	char lsn[RELAY_LSN_TEXT];
	const char *own[][2] = {{"snapshot.lsn", relay_lsn_text(state->snapshot_lsn, lsn)}, {"snapshot.ts", state->snapshot_ts}, {"snapshot.txid", state->snapshot_txid}};
	bool ok = true;

	relay_buf_text(buf, "ARRAY[");
	for (const char *const *o = snapshot->source->plugin_options; ok && o && *o; o += 2)
		ok = relay_source_option_given(plugin, o[0]) || append_option(snapshot, conn, buf, o[0], o[1]);
	for (int i = 0; ok && i < plugin->n; i++)
		ok = !is_for_rows(plugin->item[i].name) || append_option(snapshot, conn, buf, plugin->item[i].name, plugin->item[i].value);
	for (int i = 0; ok && rows && i < 3; i++)
		ok = own[i][1][0] == '\0' || append_option(snapshot, conn, buf, own[i][0], own[i][1]);
	relay_buf_text(buf, "]::pg_catalog.text[]");
	relay_buf_cstring(buf);
	return ok;
}

/* ------------------------------------------------------------------------
 * The slot and its position
 * ------------------------------------------------------------------------
 */

/* Where the stream will begin, and what all rows tell of the snapshot. */
static bool
note_position(RelaySnapshot *snapshot, PGconn *conn, uint64_t lsn)
{
	RelayState *state = snapshot->state;
	PGresult *result = run(snapshot, conn, "could not read the server's clock",
						   "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN '' ELSE pg_catalog.pg_current_xact_id()::pg_catalog.text END, pg_catalog.now(), "
						   "CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END");

	if (!result)
		return false;
	relay_state_forget_snapshot(state);
	snprintf(state->snapshot_txid, sizeof(state->snapshot_txid), "%s", PQgetvalue(result, 0, 0));
	snprintf(state->snapshot_ts, sizeof(state->snapshot_ts), "%s", PQgetvalue(result, 0, 1));
	state->snapshot_lsn = lsn;
	if (snapshot->slot == RELAY_SNAPSHOT_NO_SLOT)
		relay_parse_lsn(PQgetvalue(result, 0, 2), &state->snapshot_lsn);
	PQclear(result);
	return true;
}

static bool
source_error(RelaySnapshot *snapshot)
{
	snapshot->error = snapshot->source->error;
	return false;
}

static bool
save_state(RelaySnapshot *snapshot)
{
	if (relay_state_save_now(snapshot->state, INT64_MAX))
		return true;
	snapshot->error = snapshot->state->error;
	return false;
}

/* Creates the slot, whose coming the state tells beforehand. */
static bool
create_slot(RelaySnapshot *snapshot, PGconn *conn)
{
	RelaySource *source = snapshot->source;
	RelayState *state = snapshot->state;
	bool stand_in = snapshot->slot == RELAY_SNAPSHOT_STAND_IN;

	state->phase = RELAY_PHASE_CREATING;
	state->changed = true;
	if (!save_state(snapshot))
		return false;
	if (!source->conn && !relay_source_connect(source))
		return source_error(snapshot);
	if (!relay_slot_create(source, stand_in ? RELAY_SLOT_STAND_IN : RELAY_SLOT_EXPORTING))
		return source_error(snapshot);
	snapshot->fresh_slot = true;
	state->phase = RELAY_PHASE_SNAPSHOT;
	state->acked_lsn = source->slot_lsn;
	if (!note_position(snapshot, conn, source->slot_lsn))
		return false;
	if (!stand_in && !snapshot->options->temporary)
		snapshot->slot = RELAY_SNAPSHOT_HAS_SLOT;
	return true;
}

/* Is the slot there, and do we know from where the stream will go on? */
static bool
prepare_slot(RelaySnapshot *snapshot, PGconn *conn)
{
	RelayState *state = snapshot->state;

	snapshot->fresh_slot = false;
	switch (snapshot->slot)
	{
		case RELAY_SNAPSHOT_NO_SLOT:
			/* without a stream, nothing would repeat what happens between two snapshots */
			return note_position(snapshot, conn, 0);
		case RELAY_SNAPSHOT_HAS_SLOT:
			return state->snapshot_ts[0] != '\0' || note_position(snapshot, conn, state->snapshot_lsn);
		case RELAY_SNAPSHOT_NEW_SLOT:
		case RELAY_SNAPSHOT_STAND_IN:
			/* a temporary one has gone with its connection, and all that was read with it means nothing */
			if (snapshot->source->conn && PQstatus(snapshot->source->conn) == CONNECTION_OK && state->snapshot_ts[0] != '\0')
				return true;
			return create_slot(snapshot, conn);
	}
	return false;
}

/* ------------------------------------------------------------------------
 * Tables
 * ------------------------------------------------------------------------
 */

static void
free_tables(RelaySnapshot *snapshot)
{
	for (int i = 0; i < snapshot->ntables; i++)
	{
		free(snapshot->table[i].name);
		relay_row_free(snapshot->table[i].held);
	}
	free(snapshot->table);
	free(snapshot->job);
	snapshot->table = NULL;
	snapshot->job = NULL;
	snapshot->ntables = snapshot->njobs = 0;
}

/* What the options publish: (oid, name), in Debezium's order of tables. */
static PGresult *
list_tables(RelaySnapshot *snapshot, PGconn *conn)
{
	RelayBuf query = {0};
	PGresult *result = NULL;

	/* OFFSET keeps the function from relations that it refuses */
	relay_buf_text(&query,
				   "SELECT t.oid, pg_catalog.format('%I.%I', t.nspname, t.relname) FROM (SELECT c.oid, n.nspname, c.relname "
				   "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
				   "WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384 AND n.nspname <> 'information_schema' "
				   "AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid "
				   "WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass "
				   "AND d.objid = c.oid AND d.deptype = 'e' AND e.extname = 'cdc_json') OFFSET 0) AS t "
				   "WHERE cdc_json.schema(t.oid::pg_catalog.regclass, 'value', VARIADIC ");
	if (make_options(snapshot, conn, &query, false))
	{
		relay_buf_text(&query, ") IS NOT NULL ORDER BY t.nspname COLLATE \"C\", t.relname COLLATE \"C\"");
		result = run(snapshot, conn, "could not list the tables of the snapshot", relay_buf_cstring(&query));
	}
	relay_buf_free(&query);
	return result;
}

static int
compare_oids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *) a;
	uint32_t y = *(const uint32_t *) b;

	return x < y ? -1 : x > y;
}

static uint32_t
oid_at(const PGresult *tables, int row)
{
	return (uint32_t) strtoul(PQgetvalue(tables, row, 0), NULL, 10);
}

/* Locks tables, except those that were locked before. */
static bool
lock_tables(RelaySnapshot *snapshot, PGconn *conn, const PGresult *tables, const PGresult *locked)
{
	int n = locked ? PQntuples(locked) : 0;
	uint32_t *known = relay_alloc(sizeof(uint32_t) * (size_t) (n + 1));
	RelayBuf command = {0};
	bool ok = true;

	for (int i = 0; i < n; i++)
		known[i] = oid_at(locked, i);
	qsort(known, (size_t) n, sizeof(uint32_t), compare_oids);
	for (int i = 0, waiting = 0; ok && i < PQntuples(tables); i++)
	{
		uint32_t oid = oid_at(tables, i);

		if (!bsearch(&oid, known, (size_t) n, sizeof(uint32_t), compare_oids))
		{
			relay_buf_printf(&command, "%s%s", waiting == 0 ? "LOCK TABLE ONLY " : ", ONLY ", PQgetvalue(tables, i, 1));
			waiting++;
		}
		if (waiting == LOCK_AT_ONCE || (waiting > 0 && i == PQntuples(tables) - 1))
		{
			PGresult *result;

			relay_buf_text(&command, " IN ACCESS SHARE MODE");
			result = run(snapshot, conn, "could not lock the tables of the snapshot", relay_buf_cstring(&command));
			ok = result != NULL;
			PQclear(result);
			command.len = 0;
			waiting = 0;
		}
	}
	free(known);
	relay_buf_free(&command);
	return ok;
}

/* ------------------------------------------------------------------------
 * Jobs
 * ------------------------------------------------------------------------
 */

static void
add_job(RelaySnapshot *snapshot, RelaySnapshotTable *table, RelayRange range, bool sweep, int64_t estimate)
{
	RelayJob *job;

	/* room grows by doubling: at powers of two it is full */
	if ((snapshot->njobs & (snapshot->njobs - 1)) == 0)
		snapshot->job = relay_realloc(snapshot->job, sizeof(RelayJob) * (size_t) (snapshot->njobs > 0 ? snapshot->njobs * 2 : 1));
	job = &snapshot->job[snapshot->njobs++];
	memset(job, 0, sizeof(*job));
	job->table = table;
	job->range = range;
	job->sweep = sweep;
	job->estimate = estimate;
	table->unread++;
	if (!sweep)
		snapshot->estimate += estimate;
}

/* What of a chunk is not finished; its rows are taken to be spread evenly. */
static void
add_unfinished(RelaySnapshot *snapshot, RelaySnapshotTable *table, const RelayStateTable *finished, RelayRange chunk, int64_t rows, uint32_t blocks)
{
	uint32_t from = chunk.from;
	uint32_t last = chunk.to == RELAY_STATE_NO_END ? (blocks > chunk.from ? blocks : chunk.from + 1) : chunk.to;
	double per_block = (double) rows / (double) (last - chunk.from);

	for (int i = 0; finished && i < finished->n && from < chunk.to; i++)
	{
		RelayRange done = finished->range[i];

		if (done.to <= from)
			continue;
		if (done.from >= chunk.to)
			break;
		if (done.from > from)
			add_job(snapshot, table, (RelayRange){from, done.from}, false, (int64_t) (per_block * (done.from - from)));
		from = done.to;
	}
	if (from < chunk.to)
		add_job(snapshot, table, (RelayRange){from, chunk.to}, false, from < last ? (int64_t) (per_block * (last - from)) : 0);
}

static uint32_t
u32_at(const PGresult *result, int row, int column)
{
	return (uint32_t) strtoul(PQgetvalue(result, row, column), NULL, 10);
}

/* Rows of the answer of ask_chunks(): those of one table follow each other. */
static void
make_jobs(RelaySnapshot *snapshot, const PGresult *chunks)
{
	RelaySnapshotTable *table = NULL;
	const RelayStateTable *finished = NULL;
	int n = PQntuples(chunks);

	/* never moved: jobs point to tables */
	snapshot->table = relay_alloc(sizeof(RelaySnapshotTable) * (size_t) (n + 1));
	for (int i = 0; i < n; i++)
	{
		uint32_t oid = u32_at(chunks, i, 0);
		RelayRange chunk = {u32_at(chunks, i, 3), u32_at(chunks, i, 4)};

		if (!table || table->oid != oid)
		{
			table = &snapshot->table[snapshot->ntables++];
			table->oid = oid;
			table->file = u32_at(chunks, i, 1);
			table->name = relay_strdup(PQgetvalue(chunks, i, 2));
			table->first = snapshot->ntables == 1;
			table->has_toast = PQgetvalue(chunks, i, 6)[0] == 't';
			finished = relay_state_table(snapshot->state, oid, table->file);
			table->begun = finished && finished->n > 0;
			for (int j = 0; finished && table->has_toast && j < finished->n; j++)
				add_job(snapshot, table, finished->range[j], true, 0);
		}
		add_unfinished(snapshot, table, finished, chunk, strtoll(PQgetvalue(chunks, i, 5), NULL, 10), u32_at(chunks, i, 7));
	}
}

/* (oid, file, name, lower block, upper block, rows, has_toast, blocks) of each chunk. */
static PGresult *
ask_chunks(RelaySnapshot *snapshot, PGconn *conn, const PGresult *tables)
{
	RelayBuf query = {0};
	PGresult *result;

	relay_buf_text(&query,
				   "SELECT c.oid, pg_catalog.pg_relation_filenode(c.oid), pg_catalog.format('%I.%I', n.nspname, c.relname), "
				   "(k.lower::pg_catalog.text::pg_catalog.point)[0]::pg_catalog.int8, (k.upper::pg_catalog.text::pg_catalog.point)[0]::pg_catalog.int8, "
				   "k.rows, c.reltoastrelid <> 0 AND pg_catalog.pg_relation_size(c.reltoastrelid::pg_catalog.oid) > 0, "
				   "pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8 "
				   "FROM pg_catalog.unnest('{");
	for (int i = 0; i < PQntuples(tables); i++)
		relay_buf_printf(&query, "%s%s", i > 0 ? "," : "", PQgetvalue(tables, i, 0));
	relay_buf_printf(&query,
					 "}'::pg_catalog.oid[]) WITH ORDINALITY AS t (oid, number), cdc_json.chunks(t.oid::pg_catalog.regclass, %" PRId64 ") AS k, "
					 "pg_catalog.pg_class c, pg_catalog.pg_namespace n WHERE c.oid = k.relation AND n.oid = c.relnamespace ORDER BY t.number, k.lower",
					 snapshot->options->snapshot_chunk_rows);
	result = run(snapshot, conn, "could not divide the tables of the snapshot", relay_buf_cstring(&query));
	relay_buf_free(&query);
	return result;
}

/* ------------------------------------------------------------------------
 * The snapshot
 * ------------------------------------------------------------------------
 */

/* Begins the transaction, with its locks; and with the new slot's snapshot, unless it is gone. */
static bool
begin(RelaySnapshot *snapshot, PGconn *conn, const PGresult *tables)
{
	char command[200];
	PGresult *result = run(snapshot, conn, "could not begin the snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");

	PQclear(result);
	/* locking takes no snapshot */
	if (!result || !lock_tables(snapshot, conn, tables, NULL))
		return false;
	if (!snapshot->fresh_slot)
		return true;
	snapshot->fresh_slot = false;
	snprintf(command, sizeof(command), "SET TRANSACTION SNAPSHOT '%s'", snapshot->source->snapshot);
	result = run(snapshot, conn, "could not use the slot's snapshot", command);
	PQclear(result);
	return result != NULL;
}

/* The name for other sessions, and from which transaction on something may be missing in what is read first. */
static bool export(RelaySnapshot *snapshot, PGconn *conn)
{
	RelayState *state = snapshot->state;
	PGresult *result = run(snapshot, conn, "could not export the snapshot",
						   snapshot->sessions > 1
							   ? "SELECT pg_catalog.pg_export_snapshot(), pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())"
							   : "SELECT '', pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())");

	if (!result)
		return false;
	snprintf(snapshot->name, sizeof(snapshot->name), "%s", PQgetvalue(result, 0, 0));
	if (state->snapshot_xmin[0] == '\0')
	{
		snprintf(state->snapshot_xmin, sizeof(state->snapshot_xmin), "%s", PQgetvalue(result, 0, 1));
		state->changed = true;
	}
	PQclear(result);
	return true;
}

static bool
take(RelaySnapshot *snapshot, PGconn *conn)
{
	PGresult *before = list_tables(snapshot, conn);
	PGresult *tables = NULL;
	PGresult *chunks = NULL;
	RelayBuf options = {0};
	bool ok = before && begin(snapshot, conn, before) && export(snapshot, conn);

	/* again, as the snapshot has it: what was created in between is locked, too */
	if (ok)
		tables = list_tables(snapshot, conn);
	if (tables && lock_tables(snapshot, conn, tables, before))
		chunks = ask_chunks(snapshot, conn, tables);
	ok = chunks && make_options(snapshot, conn, &options, true);
	if (ok)
	{
		make_jobs(snapshot, chunks);
		snapshot->options_sql = options.data;
	}
	else
		relay_buf_free(&options);
	PQclear(before);
	PQclear(tables);
	PQclear(chunks);
	return ok;
}

bool
relay_snapshot_plan(RelaySnapshot *snapshot)
{
	PGconn *conn = relay_snapshot_connect(snapshot);
	RelayState *state = snapshot->state;

	snapshot->session[0].conn = conn;
	free_tables(snapshot);
	free(snapshot->options_sql);
	snapshot->options_sql = NULL;
	snapshot->estimate = 0;
	snapshot->sessions = (int) snapshot->options->snapshot_jobs;
	if (!conn || !check_extension(snapshot, conn) || !prepare_slot(snapshot, conn) || !take(snapshot, conn))
		return false;
	snapshot->session[0].in_transaction = true;
	/* a slot that is there is all that is needed now */
	if (snapshot->slot == RELAY_SNAPSHOT_HAS_SLOT || snapshot->slot == RELAY_SNAPSHOT_NO_SLOT)
		relay_source_close(snapshot->source);
	state->phase = RELAY_PHASE_SNAPSHOT;
	state->changed = true;
	return snapshot->slot == RELAY_SNAPSHOT_NO_SLOT || save_state(snapshot);
}
