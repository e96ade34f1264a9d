-- Changes that another node replicated in: where they come from, and how to leave them out.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA origin;
SET search_path = origin, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', coalesce(v->>'op', v->>'status'), v->'after', v->'source'->'origin', v->'source'->'origin_lsn',
		to_timestamp((v->'source'->>'ts_us')::numeric / 1000000) < '2020-01-01')
	FROM pg_logical_slot_peek_changes('origin', NULL, NULL, VARIADIC options), LATERAL (SELECT data::json) AS x(v)
$$;
CREATE TABLE t (id int PRIMARY KEY);
SELECT 'origin' FROM pg_replication_origin_create('cdc_json "origin" é');
SELECT 'origin' FROM pg_replication_origin_create('cdc_json gone');
SELECT 'slot' FROM pg_create_logical_replication_slot('origin', 'cdc_json');

-- The name; with a set-up transaction also its place and time there, else 0.
INSERT INTO t VALUES (1);
SELECT 'as origin' FROM pg_replication_origin_session_setup('cdc_json "origin" é');
INSERT INTO t VALUES (2);
BEGIN;
SELECT 'place' FROM pg_replication_origin_xact_setup('0/12345', '2013-01-01 00:00');
INSERT INTO t VALUES (3);
SELECT 'emitted' FROM pg_logical_emit_message(true, 'p', '');
COMMIT;
-- outside transactions, the origin of the one before
SELECT 'emitted' FROM pg_logical_emit_message(false, 'p', '');
SELECT 'as ourselves' FROM pg_replication_origin_session_reset();
INSERT INTO t VALUES (4);
SELECT * FROM events();
-- BEGIN has no place in the log then.
SELECT v->>'status', split_part(v->>'id', ':', 2) = '0' FROM pg_logical_slot_peek_changes('origin', NULL, NULL, 'provide.transaction.metadata', 'true'),
	LATERAL (SELECT data::json) AS x(v) WHERE v->>'status' IS NOT NULL;

-- none: only what began here; a message of the other node's goes, too.
SELECT * FROM events('origin', 'none');
SELECT count(*) FROM events('origin', 'any', 'debezium.quirks', 'true');

-- An origin that was dropped since has its name there.
SELECT 'read' FROM pg_replication_slot_advance('origin', pg_current_wal_lsn());
SELECT 'as origin' FROM pg_replication_origin_session_setup('cdc_json gone');
INSERT INTO t VALUES (5);
SELECT 'as ourselves' FROM pg_replication_origin_session_reset();
SELECT 'no origin' FROM pg_replication_origin_drop('cdc_json gone');
INSERT INTO t VALUES (6);
SELECT * FROM events();
SELECT * FROM events('origin', 'none');

SELECT 'no origin' FROM pg_replication_origin_drop('cdc_json "origin" é');
SELECT 'dropped' FROM pg_drop_replication_slot('origin');
DROP SCHEMA origin CASCADE;
