-- TRUNCATE: left out unless skipped.operations says otherwise; one event for each table.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA trunc;
SET search_path = trunc, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', data::json->'value'->>'op', data::json->'value'->'source'->>'table', CASE WHEN data::json->'value'->>'op' IS NOT NULL THEN data::json->'key' END, data::json->'value'->'before',
		data::json->'value'->'after', substr(data::json->'headers'->>'__cdc_json.position', 18), data::json->'value'->'transaction'->'total_order',
		data::json->'value'->>'status', data::json->'value'->'data_collections')
	FROM pg_logical_slot_peek_changes('truncate', NULL, NULL, VARIADIC ARRAY['format', 'record', 'position.header', 'true'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('truncate', pg_current_wal_lsn());
END $$;
CREATE TABLE a (id serial PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY REFERENCES a);
CREATE TABLE c (id int);
CREATE UNLOGGED TABLE u (id int);
SELECT 'slot' FROM pg_create_logical_replication_slot('truncate', 'cdc_json');

BEGIN;
INSERT INTO a DEFAULT VALUES;
TRUNCATE c, a CASCADE;
INSERT INTO c VALUES (1);
TRUNCATE a RESTART IDENTITY CASCADE;
TRUNCATE u;
COMMIT;

-- Skipped by default, and counted in positions all the same.
SELECT * FROM events();
-- In the order of the log, with what CASCADE reached; numbered within one change, no key, no rows, no tombstone.
SELECT * FROM events('skipped.operations', 'none');
SELECT * FROM events('skipped.operations', 'none', 'table.exclude.list', '.*\.a', 'provide.transaction.metadata', 'true');
SELECT * FROM events('skipped.operations', 'c');
-- Events of one TRUNCATE share their place in the log.
SELECT count(DISTINCT data::json->'source'->>'lsn') FROM pg_logical_slot_peek_changes('truncate', NULL, NULL, 'skipped.operations', 'c');
-- Quirks skip them as well.
SELECT * FROM events('debezium.quirks', 'true', 'topic.prefix', 'srv');
CALL forget();

-- A transaction that only truncates is one, skipped or not; one of unlogged tables is none.
TRUNCATE c;
TRUNCATE u;
SELECT * FROM events('provide.transaction.metadata', 'true');
SELECT * FROM events('provide.transaction.metadata', 'true', 'skipped.operations', 'none');

SELECT 'dropped' FROM pg_drop_replication_slot('truncate');
DROP SCHEMA trunc CASCADE;
