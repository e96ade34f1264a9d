-- Slots: temporary, copied, advanced, read twice; the same bytes each time.
SET synchronous_commit = on;
SET client_min_messages = warning;
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA slots;
SET search_path = slots, public;
CREATE TABLE t (id int PRIMARY KEY, v text);
-- all of an event but the clock
CREATE FUNCTION unclock(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT regexp_replace($1, '("op":"."),"ts_ms":\d+(,"ts_us":\d+,"ts_ns":\d+)?', '\1') $$;
SELECT 'slot' FROM pg_create_logical_replication_slot('slots', 'cdc_json');
SELECT 'slot' FROM pg_create_logical_replication_slot('slots', 'cdc_json');
SELECT 'slot' FROM pg_create_logical_replication_slot('slots_temporary', 'cdc_json', true);
INSERT INTO t VALUES (1, 'a');
INSERT INTO t VALUES (2, 'b');
SELECT slot_name, plugin, slot_type, temporary, active FROM pg_replication_slots WHERE slot_name LIKE 'slots%' ORDER BY 1;

-- Reading twice gives the same, so does a slot that was made before, and a copy.
SELECT 'copy' FROM pg_copy_logical_replication_slot('slots', 'slots_copy');
SELECT 'copy' FROM pg_copy_logical_replication_slot('slots', 'slots_copy_temporary', true, 'cdc_json');
CREATE FUNCTION digest(slot name, options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT concat(count(*), ' ', md5(string_agg(unclock(regexp_replace(data, '\[\\"\d+\\"', '')), E'\n' ORDER BY n)))
	FROM pg_logical_slot_peek_changes(slot, NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n)
$$;
SELECT o, count(DISTINCT digest(s, o)) FROM unnest(ARRAY['slots', 'slots_temporary', 'slots', 'slots_copy', 'slots_copy_temporary']) AS s,
	(VALUES ('{}'::text[]), ('{schemas.enable,true}'), ('{debezium.quirks,true}'), ('{format,record,provide.transaction.metadata,true}')) AS v(o) GROUP BY o ORDER BY o;

-- Options belong to a reading, not to the slot: the next may have others.
SELECT json_object_keys(data::json) FROM pg_logical_slot_peek_changes('slots_copy', NULL, 1, 'format', 'record');
SELECT data::json->'after' FROM pg_logical_slot_get_changes('slots_copy', NULL, 1);
SELECT data::json->'after' FROM pg_logical_slot_get_changes('slots_copy', NULL, NULL, 'column.exclude.list', '.*\.v');
SELECT data FROM pg_logical_slot_get_changes('slots_copy', NULL, NULL);

-- After an error of an option the slot can be read as before, in the same session, too.  (Temporary slots end with an error.)
SELECT data FROM pg_logical_slot_get_changes('slots', NULL, NULL, 'format', 'nope');
SELECT data FROM pg_logical_slot_get_changes('slots', NULL, NULL, 'topic.prefix', 'a b');
SELECT data::json->'after' FROM pg_logical_slot_peek_changes('slots', NULL, NULL);

-- Advanced to the end of a transaction: what comes after it is next, and its "sequence" starts there.
SELECT 'advanced' FROM pg_replication_slot_advance('slots', (SELECT lsn FROM pg_logical_slot_peek_changes('slots', NULL, 1) LIMIT 1));
SELECT data::json->'after', (data::json->'source'->>'sequence')::json->>0 = (confirmed_flush_lsn - '0/0')::text
FROM pg_logical_slot_peek_changes('slots', NULL, NULL), pg_replication_slots WHERE slot_name = 'slots';
SELECT 'advanced' FROM pg_replication_slot_advance('slots', pg_current_wal_lsn());
SELECT data FROM pg_logical_slot_peek_changes('slots', NULL, NULL);

-- A message's place is where a slot goes on when it is confirmed: each transaction's last stands at its end.
INSERT INTO t VALUES (3, 'c'), (4, 'd');
SELECT data::json->'after'->'id', lsn = lead(lsn, 0) OVER () AND lsn - '0/0' > (data::json->'source'->>'lsn')::numeric AS beyond_change
FROM pg_logical_slot_peek_changes('slots', NULL, NULL);
-- Within a transaction that has done something, a cursor, a subquery.
BEGIN;
INSERT INTO t VALUES (5, 'e');
SELECT count(*) FROM pg_logical_slot_peek_changes('slots', NULL, NULL);
DECLARE c CURSOR FOR SELECT data::json->'after' FROM pg_logical_slot_peek_changes('slots', NULL, NULL);
FETCH 1 FROM c;
SELECT count(*) FROM pg_logical_slot_peek_changes('slots_copy', NULL, NULL);
FETCH 1 FROM c;
COMMIT;
-- Written into a table, which is read from the slot again.
CREATE TABLE log AS SELECT data FROM pg_logical_slot_get_changes('slots', NULL, NULL);
SELECT count(*), bool_and(data::json->'after'->>'data' IS NOT NULL) FROM pg_logical_slot_peek_changes('slots', NULL, NULL);

SELECT slot_name FROM pg_replication_slots, LATERAL pg_drop_replication_slot(slot_name) WHERE slot_name ~ '^slots' ORDER BY 1;
DROP SCHEMA slots CASCADE;
