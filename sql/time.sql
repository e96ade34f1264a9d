-- What the clock and the commit say: source.ts_* is the commit, ts_* the clock at which the event was made.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA time;
CREATE TABLE time.t (id int PRIMARY KEY);
SELECT 'slot' FROM pg_create_logical_replication_slot('time', 'cdc_json');
SELECT clock_timestamp() AS start \gset
BEGIN;
INSERT INTO time.t VALUES (1), (2);
SELECT 'slept' FROM pg_sleep(0.05);
INSERT INTO time.t VALUES (3);
COMMIT;
INSERT INTO time.t VALUES (4);
SELECT clock_timestamp() AS committed, pg_sleep(0.05) IS NULL AS slept \gset

-- The commit lies within; the same for all of a transaction, in three units, whole microseconds.
SELECT v->'after'->'id', (v->'source'->>'ts_us')::numeric / 1000000 BETWEEN extract(epoch FROM :'start'::timestamptz) AND extract(epoch FROM :'committed'::timestamptz) AS within,
	(v->'source'->>'ts_us')::bigint / 1000 = (v->'source'->>'ts_ms')::bigint AS ms, (v->'source'->>'ts_us')::bigint * 1000 = (v->'source'->>'ts_ns')::bigint AS ns,
	dense_rank() OVER (ORDER BY v->'source'->>'ts_us') AS commit
FROM pg_logical_slot_peek_changes('time', NULL, NULL) WITH ORDINALITY AS s(lsn, xid, data, n), LATERAL (SELECT data::json) AS x(v) ORDER BY n;
-- The clock is later; one reading of it in three units, rounded down.
SELECT bool_and((v->>'ts_us')::numeric / 1000000 > extract(epoch FROM :'committed'::timestamptz)) AS later, bool_and((v->>'ts_ns')::bigint / 1000 = (v->>'ts_us')::bigint) AS us,
	bool_and((v->>'ts_ns')::bigint / 1000000 = (v->>'ts_ms')::bigint) AS ms
FROM pg_logical_slot_peek_changes('time', NULL, NULL), LATERAL (SELECT data::json) AS x(v);
-- Commit times that another node gave: before 1970 they are rounded down, too.
SELECT 'origin' FROM pg_replication_origin_create('cdc_json time');
SELECT 'as origin' FROM pg_replication_origin_session_setup('cdc_json time');
BEGIN;
SELECT 'place' FROM pg_replication_origin_xact_setup('0/1', '1969-12-31 23:59:59.9995+00');
INSERT INTO time.t VALUES (5);
COMMIT;
BEGIN;
SELECT 'place' FROM pg_replication_origin_xact_setup('0/1', '9999-12-31 23:59:59.999999+00');
INSERT INTO time.t VALUES (6);
COMMIT;
SELECT 'as ourselves' FROM pg_replication_origin_session_reset();
SELECT v->'after'->'id', v->'source'->'ts_ms', v->'source'->'ts_us' FROM pg_logical_slot_peek_changes('time', NULL, NULL), LATERAL (SELECT data::json) AS x(v)
WHERE v->'after'->>'id' > '4';
SELECT v->'ts_ms' FROM pg_logical_slot_peek_changes('time', NULL, NULL, 'provide.transaction.metadata', 'true'), LATERAL (SELECT data::json) AS x(v)
WHERE v->>'status' = 'END' OFFSET 2;

SELECT 'no origin' FROM pg_replication_origin_drop('cdc_json time');
SELECT 'dropped' FROM pg_drop_replication_slot('time');
DROP SCHEMA time CASCADE;
