/* cdc_json--0.1.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION cdc_json" to load this file. \quit

/*
 * Decoding itself needs nothing of this file: a slot with plugin cdc_json works
 * in every database.  Here are the functions around it.  None of them can do
 * more than its caller, so everybody may call them, except for those that write
 * messages: who may is to be decided.
 */
GRANT USAGE ON SCHEMA cdc_json TO PUBLIC;

CREATE FUNCTION options(OUT name text, OUT type text, OUT "default" text, OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cdc_json_options'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION options() IS
'Every option of the output plugin: name, type, default (NULL for none) and meaning.';

CREATE FUNCTION schema(relation regclass, which text, VARIADIC options text[] DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'cdc_json_schema'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION schema(regclass, text, text[]) IS
'Kafka Connect schema of a table''s events as the table is now. which: "key", "value" (the row) or "envelope". '
'options: plugin options, name and value in turn. NULL for a key of a table that has none, and for a table that the options leave out. '
'Raises an error for relations other than tables and for wrong options.';

CREATE FUNCTION read_event("row" record, VARIADIC options text[] DEFAULT '{}')
RETURNS text
AS 'MODULE_PATHNAME', 'cdc_json_read_event'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION read_event(record, text[]) IS
'A row of a table as an event with op "r", as a snapshot has it: SELECT cdc_json.read_event(t) FROM table_name AS t. '
'options: plugin options other than batch.bytes and format=frame, and for the event''s source snapshot ("true"), snapshot.lsn (null), '
'snapshot.txid (null) and snapshot.ts (the transaction''s start); name and value in turn. '
'NULL for a table that the options leave out. Raises an error for rows that are not of a table, and for those of a partitioned table unless '
'publish.via.partition.root is set.';

CREATE FUNCTION read_frame("row" record, VARIADIC options text[] DEFAULT '{}')
RETURNS bytea
AS 'MODULE_PATHNAME', 'cdc_json_read_frame'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION read_frame(record, text[]) IS
'As read_event, as a message of format=frame with one record, in UTF8 whatever the database''s encoding is. Options as there, without format.';

CREATE FUNCTION snapshot(relations regclass[], VARIADIC options text[] DEFAULT '{}',
	OUT topic text, OUT key text, OUT value text, OUT headers json)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cdc_json_snapshot'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED ROWS 100000;

COMMENT ON FUNCTION snapshot(regclass[], text[]) IS
'All rows of tables as the records of Debezium''s initial snapshot, with its marks of first and last ones in source.snapshot. '
'relations: tables in the order in which they are read; of partitioned ones all partitions, each row once; of others no children. '
'options: as for read_event, without snapshot and format. Streams when it is called in a select list; in FROM the server stores the result first. '
'Raises an error, before the first row, for anything but tables whose rows the caller may all read, and for tables that were rewritten '
'after the snapshot of the query was taken.';

CREATE FUNCTION chunks(root regclass, target_rows bigint,
	OUT relation regclass, OUT lower tid, OUT upper tid, OUT rows bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cdc_json_chunks'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION chunks(regclass, bigint) IS
'Ranges that together hold all rows of a table, each row in one, for several sessions to read: FROM ONLY relation WHERE ctid >= lower AND '
'ctid < upper. relation: the table, or one of its partitions; rows: estimate, about target_rows. Errors as for snapshot.';

CREATE FUNCTION snapshot_position(OUT snapshot pg_snapshot, OUT lsn pg_lsn)
RETURNS record
AS 'MODULE_PATHNAME', 'cdc_json_snapshot_position'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;

COMMENT ON FUNCTION snapshot_position() IS
'The snapshot that the query reads with, and a position in the log at or beyond which no transaction commits that the snapshot sees. '
'Of those that commit before it, the snapshot sees the ones for which pg_visible_in_snapshot(xid, snapshot) is true.';

/*
 * State of incremental snapshots.  Only the functions below write here, and
 * changes of these tables are no part of the stream.  The plugin takes rows of
 * a snapshot only from a transaction that has written a token to
 * snapshot_table: whoever may write there can make events.  A dump leaves the
 * contents out, because they mean nothing in another database.
 */
CREATE TABLE snapshot_job (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	role oid NOT NULL,
	chunk_rows int NOT NULL,
	rows_per_second int,
	condition text,
	slot text,
	request text NOT NULL);
CREATE TABLE snapshot_table (
	job bigint NOT NULL,
	number int NOT NULL,
	relation oid NOT NULL,
	state text NOT NULL,
	token uuid NOT NULL,
	"position" bytea,
	file oid NOT NULL,
	blocks bigint NOT NULL,
	round int NOT NULL,
	lost bigint NOT NULL,
	threshold bigint NOT NULL,
	rows bigint NOT NULL,
	estimate bigint,
	rate double precision NOT NULL,
	started timestamptz,
	updated timestamptz,
	PRIMARY KEY (job, number))
WITH (fillfactor = 20);
CREATE TABLE snapshot_retry (
	job bigint NOT NULL,
	number int NOT NULL,
	id bigint NOT NULL,
	keys bytea[] NOT NULL,
	locked_since timestamptz,
	PRIMARY KEY (job, number, id));
REVOKE ALL ON snapshot_job, snapshot_table, snapshot_retry FROM PUBLIC;
REVOKE ALL ON SEQUENCE snapshot_job_id_seq FROM PUBLIC;

CREATE PROCEDURE snapshot_incremental(tables regclass[], chunk_rows int DEFAULT 1024, "where" text DEFAULT NULL,
	slot name DEFAULT NULL, rows_per_second int DEFAULT NULL)
AS 'MODULE_PATHNAME', 'cdc_json_snapshot_incremental'
LANGUAGE C;

COMMENT ON PROCEDURE snapshot_incremental(regclass[], int, text, name, int) IS
'Reads tables again while the stream goes on: their rows come through slots of the plugin as events with op "r" and source.snapshot "incremental", '
'in transactions of chunk_rows rows (1 to 100000), and never after a newer change of the same row. '
'tables: of partitioned ones all partitions; of others no children. "where": an expression that chooses rows of each table (NULL: all). '
'slot: only for this one (NULL: for all). rows_per_second: limit (NULL: none). Returns when all rows have been written. '
'Needs SELECT and UPDATE on the tables; cannot run inside a transaction block. Raises an error, before the first row, for anything but permanent tables '
'whose rows the caller may all read.';

CREATE PROCEDURE snapshot_resume(job bigint)
AS 'MODULE_PATHNAME', 'cdc_json_snapshot_resume'
LANGUAGE C;

COMMENT ON PROCEDURE snapshot_resume(bigint) IS
'Goes on with an incremental snapshot after its last chunk: ends a pause; and if no session works on the job, because it was interrupted, works on it until it is done, with the rights of the role that began it. '
'Raises an error for a job that was stopped or belongs to a role that the caller is no member of.';

CREATE FUNCTION snapshot_pause(job bigint)
RETURNS boolean
AS 'MODULE_PATHNAME', 'cdc_json_snapshot_pause'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION snapshot_pause(bigint) IS
'Asks whoever works on an incremental snapshot to wait, after the chunk at hand, for cdc_json.snapshot_resume(). False if it is over or was asked already.';

CREATE FUNCTION snapshot_stop(job bigint)
RETURNS boolean
AS 'MODULE_PATHNAME', 'cdc_json_snapshot_stop'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION snapshot_stop(bigint) IS
'Ends an incremental snapshot for good, after the chunk at hand. False if it is over or was stopped already.';

CREATE FUNCTION snapshot_forget(job bigint)
RETURNS void
AS 'MODULE_PATHNAME', 'cdc_json_snapshot_forget'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION snapshot_forget(bigint) IS
'Removes an incremental snapshot from view snapshot_progress. Raises an error while a session works on it.';

CREATE VIEW snapshot_progress WITH (security_barrier) AS
	SELECT j.id AS job, t.relation::regclass AS relation,
		CASE WHEN t.state IN ('done', 'gone') THEN t.state
			WHEN j.request = 'stop' THEN 'stopped'
			WHEN w.pid IS NULL THEN 'interrupted'
			WHEN j.request = 'pause' THEN 'paused'
			ELSE t.state END AS state,
		t.rows, t.estimate, round(t.rate)::bigint AS rows_per_second,
		CASE WHEN t.state = 'reading' AND t.rate > 0
			THEN make_interval(secs => round(greatest(t.estimate - t.rows, 0) / t.rate)) END AS time_left,
		r.waiting, r.waiting_since, r.retrying, t.started, t.updated, w.pid, j.role::regrole AS role,
		j.chunk_rows, j.condition AS "where", j.slot, j.rows_per_second AS rate_limit
	FROM cdc_json.snapshot_job AS j
		JOIN cdc_json.snapshot_table AS t ON t.job = j.id
		LEFT JOIN LATERAL (SELECT l.pid FROM pg_locks AS l
			WHERE l.locktype = 'object' AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
				AND l.classid = 'cdc_json.snapshot_job'::regclass AND l.objid = (j.id % 4294967296)::oid AND l.objsubid = 0
			LIMIT 1) AS w ON true
		CROSS JOIN LATERAL (SELECT
			coalesce(sum(cardinality(q.keys)) FILTER (WHERE q.locked_since IS NOT NULL), 0)::bigint AS waiting,
			min(q.locked_since) AS waiting_since,
			coalesce(sum(cardinality(q.keys)) FILTER (WHERE q.locked_since IS NULL), 0)::bigint AS retrying
			FROM cdc_json.snapshot_retry AS q WHERE q.job = t.job AND q.number = t.number) AS r
	WHERE pg_has_role(j.role, 'USAGE')
	ORDER BY j.id, t.number;
GRANT SELECT ON snapshot_progress TO PUBLIC;

COMMENT ON VIEW snapshot_progress IS
'Incremental snapshots of roles that the user is a member of, one row for each table or partition. '
'state: queued, reading, retrying (all read but for rows that were locked or may have moved), done, gone (the table was dropped), paused, stopped, or '
'interrupted (no session works on it: CALL cdc_json.snapshot_resume(job)). rows written so far; estimate of all (NULL with "where"); rows_per_second of the last seconds; '
'waiting: rows that somebody else has locked, since waiting_since; retrying: rows still to be read once more; pid: session that works on it.';

CREATE FUNCTION frame_options(options text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'cdc_json_frame_options'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION frame_options(text[]) IS
'Options of get_events and peek_events with format=frame added. Raises an error when format or batch.bytes is among them.';

CREATE FUNCTION frame_records(frame bytea,
	OUT lsn pg_lsn, OUT commit_lsn pg_lsn, OUT seq bigint, OUT part int, OUT xid xid,
	OUT topic text, OUT key text, OUT value text, OUT headers json)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cdc_json_frame_records'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION frame_records(bytea) IS
'The records of one message of format=frame. Raises data_corrupted for anything else.';

CREATE FUNCTION get_events(slot name, upto_lsn pg_lsn, upto_nchanges int, VARIADIC options text[] DEFAULT '{}',
	OUT lsn pg_lsn, OUT commit_lsn pg_lsn, OUT seq bigint, OUT part int, OUT xid xid,
	OUT topic text, OUT key text, OUT value text, OUT headers json)
RETURNS SETOF record
LANGUAGE sql VOLATILE ROWS 1000
BEGIN ATOMIC
	SELECT r.lsn, r.commit_lsn, r.seq, r.part, r.xid, r.topic, r.key, r.value, r.headers
	FROM pg_catalog.pg_logical_slot_get_binary_changes(slot, upto_lsn, upto_nchanges,
			VARIADIC cdc_json.frame_options(options)) AS c,
		LATERAL cdc_json.frame_records(c.data) AS r;
END;

COMMENT ON FUNCTION get_events(name, pg_lsn, int, text[]) IS
'Reads a slot of plugin cdc_json as rows, one for each record, and consumes them. '
'upto_lsn: stop after the transaction that ends at or beyond it (NULL: read all). '
'upto_nchanges: stop at the end of the transaction with which that many records are reached (NULL: no limit). '
'options: plugin options other than format and batch.bytes, name and value in turn. '
'lsn is the change''s, (commit_lsn, seq, part) identifies the record for ever; key is NULL without one, value for a tombstone, '
'xid for a message outside transactions. Needs the REPLICATION attribute.';

CREATE FUNCTION peek_events(slot name, upto_lsn pg_lsn, upto_nchanges int, VARIADIC options text[] DEFAULT '{}',
	OUT lsn pg_lsn, OUT commit_lsn pg_lsn, OUT seq bigint, OUT part int, OUT xid xid,
	OUT topic text, OUT key text, OUT value text, OUT headers json)
RETURNS SETOF record
LANGUAGE sql VOLATILE ROWS 1000
BEGIN ATOMIC
	SELECT r.lsn, r.commit_lsn, r.seq, r.part, r.xid, r.topic, r.key, r.value, r.headers
	FROM pg_catalog.pg_logical_slot_peek_binary_changes(slot, upto_lsn, upto_nchanges,
			VARIADIC cdc_json.frame_options(options)) AS c,
		LATERAL cdc_json.frame_records(c.data) AS r;
END;

COMMENT ON FUNCTION peek_events(name, pg_lsn, int, text[]) IS
'As get_events, without consuming what it reads.';

CREATE FUNCTION emit(aggregatetype text, aggregateid text, type text, payload jsonb, headers jsonb DEFAULT NULL)
RETURNS pg_lsn
AS 'MODULE_PATHNAME', 'cdc_json_emit'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION emit(text, text, text, jsonb, jsonb) IS
'Writes an event of an outbox without a table: it is sent when the transaction commits, as a row of an outbox would be. '
'aggregatetype decides the topic and must not be null; aggregateid is the key, NULL for a null one; type is sent where '
'outbox.table.fields.additional.placement places it; payload is the value, NULL for null; headers: an object of more headers. '
'The header "id" is a new UUID. Returns the position of the message in the log. Needs no right but to call it, and PUBLIC has not that one. '
'Raises an error for headers that are no object or too many (100), and when all but the payload is longer than 1 MB.';

REVOKE EXECUTE ON FUNCTION emit(text, text, text, jsonb, jsonb) FROM PUBLIC;

CREATE FUNCTION set_context(context jsonb)
RETURNS pg_lsn
AS 'MODULE_PATHNAME', 'cdc_json_set_context'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION set_context(jsonb) IS
'Says who does what the transaction does from here on: each member of the object, such as actor or request, becomes a header '
'__cdc_json.context.<name> of every record of the transaction that follows (option context.headers.prefix). A second call takes the place of the first; '
'a member that is null makes no header. A claim of the session, not a proof. Returns the position of the message in the log, NULL for NULL. '
'Needs no right but to call it, and PUBLIC has not that one. Raises an error for anything but an object of at most 32 members, names of '
'1 to 128 bytes and 8192 bytes in all.';

REVOKE EXECUTE ON FUNCTION set_context(jsonb) FROM PUBLIC;

CREATE FUNCTION plugin_state()
RETURNS text
AS 'MODULE_PATHNAME', 'cdc_json_plugin_state'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION plugin_state() IS
'May the server load the plugin? "listed" in output_plugin_libraries, "missing" there, "quoted" (one name that holds the whole list), '
'or "absent": the server has no such setting and loads any plugin.';

CREATE FUNCTION unmatched_patterns(options text[], OUT option text, OUT pattern text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'cdc_json_unmatched_patterns'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION unmatched_patterns(text[]) IS
'Entries of list options that match no schema, table or column of this database.';

CREATE FUNCTION "check"(VARIADIC options text[] DEFAULT '{}',
	OUT item text, OUT ok boolean, OUT detail text, OUT hint text)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 12
BEGIN ATOMIC
	-- server version: minors with known faults of logical decoding
	SELECT 'server version', v.num >= v.least, format('PostgreSQL %s', current_setting('server_version')),
		CASE WHEN v.num < v.least
			THEN 'Update to the latest minor version: older ones have lost or repeated changes in logical decoding.' END
	FROM (SELECT current_setting('server_version_num')::int AS num,
			CASE current_setting('server_version_num')::int / 10000
				WHEN 15 THEN 150014 WHEN 16 THEN 160010 WHEN 17 THEN 170006 ELSE 0 END AS least) AS v
	UNION ALL
	SELECT 'wal_level', w.level = 'logical' OR w.later, format('wal_level is %s', w.level),
		CASE WHEN w.level <> 'logical' AND NOT w.later
			THEN 'ALTER SYSTEM SET wal_level = logical; then restart the server.' END
	FROM (SELECT current_setting('wal_level') AS level,
			current_setting('server_version_num')::int >= 190000 AND current_setting('wal_level') = 'replica' AS later) AS w
	UNION ALL
	SELECT 'output_plugin_libraries', p.state IN ('listed', 'absent'),
		CASE p.state
			WHEN 'listed' THEN 'cdc_json is listed'
			WHEN 'absent' THEN 'this server loads any plugin'
			WHEN 'quoted' THEN 'the list was stored as one quoted name, which locks out every plugin'
			ELSE 'cdc_json is not listed, so the server refuses to load it' END,
		CASE WHEN p.state IN ('missing', 'quoted')
			THEN format('ALTER SYSTEM SET output_plugin_libraries = %s; SELECT pg_reload_conf(); '
				'(a bare list: in quotes it becomes one name)', p.list) END
	FROM (SELECT cdc_json.plugin_state() AS state,
			CASE WHEN cdc_json.plugin_state() = 'missing'
					AND pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
					AND current_setting('output_plugin_libraries', true) <> ''
				THEN current_setting('output_plugin_libraries', true) || ', cdc_json'
				ELSE 'pgoutput, test_decoding, cdc_json' END AS list) AS p
	UNION ALL
	SELECT 'encoding', e.name <> 'MULE_INTERNAL', format('the database''s encoding is %s', e.name),
		CASE e.name WHEN 'MULE_INTERNAL' THEN 'There is no conversion from this encoding to UTF8.'
			WHEN 'SQL_ASCII' THEN 'Bytes that are not valid UTF8 come out as U+FFFD.' END
	FROM (SELECT getdatabaseencoding() AS name) AS e
	UNION ALL
	SELECT 'replication slots', s.used < s.most, format('%s of max_replication_slots = %s in use', s.used, s.most),
		CASE WHEN s.used >= s.most THEN 'Drop slots that nobody reads, or raise max_replication_slots and restart the server.' END
	FROM (SELECT count(*) AS used, current_setting('max_replication_slots')::int AS most FROM pg_replication_slots) AS s
	UNION ALL
	SELECT 'WAL senders', s.used < s.most, format('%s of max_wal_senders = %s in use', s.used, s.most),
		CASE WHEN s.used >= s.most THEN 'Raise max_wal_senders and restart the server.' END
	FROM (SELECT count(*) AS used, current_setting('max_wal_senders')::int AS most FROM pg_stat_replication) AS s
	UNION ALL
	SELECT 'privileges', r.rolreplication OR r.rolsuper,
		format('role "%s" %s', r.rolname, CASE WHEN r.rolreplication OR r.rolsuper THEN 'may use replication slots'
			ELSE 'may not use replication slots' END),
		CASE WHEN NOT (r.rolreplication OR r.rolsuper)
			THEN format('ALTER ROLE %I REPLICATION; (that role then reads every table through a slot)', r.rolname) END
	FROM pg_roles AS r WHERE r.rolname = current_user
	UNION ALL
	SELECT 'retained WAL', current_setting('max_slot_wal_keep_size') <> '-1',
		format('max_slot_wal_keep_size is %s', current_setting('max_slot_wal_keep_size')),
		CASE current_setting('max_slot_wal_keep_size') WHEN '-1'
			THEN 'A slot that nobody reads keeps WAL until the disk is full. Set a limit that the disk can hold.' END
	UNION ALL
	SELECT format('slot "%s"', s.slot_name), coalesce(s.wal_status IN ('reserved', 'extended'), true),
		format('%s, WAL %s, %s behind', CASE WHEN s.active THEN 'active' ELSE 'not active' END, coalesce(s.wal_status, 'status unknown'),
			coalesce(pg_size_pretty(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
				s.confirmed_flush_lsn)), 'unknown')),
		CASE WHEN s.wal_status = 'lost' THEN 'The slot cannot go on. Drop it, create it anew, and take a new snapshot.'
			WHEN s.wal_status = 'unreserved' THEN 'Read the slot now, or raise max_slot_wal_keep_size: its WAL is about to be removed.' END
	FROM pg_replication_slots AS s WHERE s.plugin = 'cdc_json' AND s.database = current_database()
	UNION ALL
	SELECT 'replica identity', t.n = 0,
		CASE WHEN t.n = 0 THEN 'every table''s updates and deletes carry the old key'
			ELSE format('%s tables without: %s%s', t.n, array_to_string(t.names[1:10], ', '), CASE WHEN t.n > 10 THEN ', …' ELSE '' END) END,
		CASE WHEN t.n > 0 THEN 'Their updates and deletes come without the old row. Add a primary key, or set REPLICA IDENTITY FULL or USING INDEX.' END
	FROM (SELECT count(*) AS n, array_agg(c.oid::regclass::text ORDER BY c.oid::regclass::text) AS names
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384
			AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(temp|toast)'
			AND (c.relreplident = 'n'
				OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indimmediate)
				OR c.relreplident = 'i' AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisreplident))) AS t
	UNION ALL
	SELECT 'keys', t.n = 0,
		CASE WHEN t.n = 0 THEN 'every table has a primary key or a unique index'
			ELSE format('%s tables without a key: %s%s', t.n, array_to_string(t.names[1:10], ', '), CASE WHEN t.n > 10 THEN ', …' ELSE '' END) END,
		CASE WHEN t.n > 0 THEN 'Their records have a null key. Add a primary key or a unique index, or set message.key.columns.' END
	FROM (SELECT count(*) AS n, array_agg(c.oid::regclass::text ORDER BY c.oid::regclass::text) AS names
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384
			AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(temp|toast)'
			AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND i.indexprs IS NULL)) AS t
	UNION ALL
	SELECT format('option %s', u.option), false, format('"%s" matches no schema, table or column', u.pattern),
		'Entries must match the whole name: schema, schema.table, or schema.table.column. A mask that matches nothing protects nothing.'
	FROM cdc_json.unmatched_patterns(options) AS u;
END;

COMMENT ON FUNCTION "check"(text[]) IS
'Is everything there that change data capture needs? One row for each item: ok, what was found, and what to do when it is not (NULL when '
'there is nothing to do). With options (name and value in turn) also list entries that match nothing. Needs no special rights.';
