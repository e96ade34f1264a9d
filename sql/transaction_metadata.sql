-- BEGIN and END records, and the block in each event between them.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA transaction_metadata;
SET search_path = transaction_metadata, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(concat_ws(' ', coalesce(data::json->'value'->>'status', data::json->'value'->>'op', 'tombstone'),
		data::json->'value'->'source'->>'table', data::json->'value'->'event_count', data::json->'value'->'data_collections',
		data::json->'value'->'transaction'->'total_order', data::json->'value'->'transaction'->'data_collection_order',
		substr(data::json->'headers'->>'__cdc_json.position', 18)), 'transaction_metadata\.', '', 'g')
	FROM pg_logical_slot_peek_changes('transaction_metadata', NULL, NULL,
		VARIADIC ARRAY['format', 'record', 'provide.transaction.metadata', 'true', 'position.header', 'true', 'topic.prefix', 'srv'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('transaction_metadata', pg_current_wal_lsn());
END $$;
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY);
CREATE UNLOGGED TABLE u (id int);
SELECT 'slot' FROM pg_create_logical_replication_slot('transaction_metadata', 'cdc_json');

-- Events are numbered over all and for each table; tombstones do not count, a message is a collection of its own.
BEGIN;
INSERT INTO a VALUES (1), (2);
INSERT INTO b VALUES (1);
UPDATE a SET id = 3 WHERE id = 1;
SELECT 'emitted' FROM pg_logical_emit_message(true, 'p', 'x');
DELETE FROM b;
TRUNCATE a;
INSERT INTO b VALUES (2);
COMMIT;
SELECT * FROM events();
-- A truncate counts once it is sent, what is left out does not.
SELECT * FROM events('skipped.operations', 'c,u', 'message.prefix.exclude.list', 'p');
SELECT * FROM events('table.include.list', '.*\.b', 'tombstones.on.delete', 'false');
SELECT * FROM events('table.exclude.list', '.*', 'message.prefix.exclude.list', '.*');

-- The id holds the place in the log where it was made: another one in each record, but the same transaction;
-- it is the key of BEGIN and END, and the time is that of the commit.
SELECT count(DISTINCT split_part(i, ':', 1)) = 1 AS one_transaction, count(DISTINCT i) > 5 AS many_places, bool_and(k IS NULL OR k = i) AS keys,
	count(DISTINCT ts) AS times, bool_and(split_part(i, ':', 2) = coalesce(lsn, split_part(i, ':', 2))) AS own_place
FROM (SELECT coalesce(v->>'id', v->'transaction'->>'id') AS i, CASE WHEN v->>'status' IS NOT NULL THEN data::json->'key'->>'id' END AS k,
		coalesce(v->'source'->>'ts_ms', v->>'ts_ms') AS ts, v->'source'->>'lsn' AS lsn
	FROM pg_logical_slot_peek_changes('transaction_metadata', NULL, NULL, 'format', 'record', 'provide.transaction.metadata', 'true'),
		LATERAL (SELECT data::json->'value') AS x(v) WHERE v->>'op' IS NOT NULL OR v->>'status' IS NOT NULL) AS y;
-- BEGIN's place is the first change's, whether or not that is shown; END's is what the next transaction's sequence starts with.
CALL forget();
INSERT INTO a VALUES (5);
INSERT INTO b VALUES (5);
SELECT count(*) FILTER (WHERE split_part(b, ':', 2) = e) AS begin_is_first, count(*) FILTER (WHERE n = 5 AND sequence->>0 = last_end) AS sequence_is_end
FROM (SELECT n, lag(v->>'id') OVER w AS b, v->'source'->>'lsn' AS e, (v->'source'->>'sequence')::json AS sequence,
		split_part(lag(v->>'id', 2) OVER w, ':', 2) AS last_end
	FROM pg_logical_slot_peek_changes('transaction_metadata', NULL, NULL, 'provide.transaction.metadata', 'true') WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT data::json) AS x(v) WINDOW w AS (ORDER BY n)) AS y;
CALL forget();

-- Transactions without changes that would be published have neither: DDL, unlogged and temporary tables, rolled back.
CREATE TABLE c (id int PRIMARY KEY);
INSERT INTO u VALUES (1);
CREATE TEMPORARY TABLE tmp AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS id;
BEGIN;
INSERT INTO c VALUES (0);
ROLLBACK;
SELECT * FROM events();
-- One whose changes are all left out has both.
INSERT INTO c VALUES (1);
SELECT * FROM events('table.exclude.list', '.*\.c');
SELECT * FROM events('skipped.operations', 'c');
CALL forget();

-- The collections come in the order of a Java HashMap.
CREATE SCHEMA s1;
CREATE SCHEMA s2;
CREATE TABLE s1.a (id int);
CREATE TABLE s2.b (id int);
CREATE TABLE "Q.1" (id int);
CREATE TABLE d (id int);
BEGIN;
INSERT INTO s1.a VALUES (1);
INSERT INTO c VALUES (2), (3);
INSERT INTO s2.b VALUES (1);
INSERT INTO "Q.1" VALUES (1);
INSERT INTO d VALUES (1);
INSERT INTO a VALUES (6);
INSERT INTO b VALUES (6);
COMMIT;
SELECT json_array_elements(data::json->'data_collections') FROM pg_logical_slot_peek_changes('transaction_metadata', NULL, NULL,
	'provide.transaction.metadata', 'true') WHERE data::json->>'status' = 'END';

SELECT 'dropped' FROM pg_drop_replication_slot('transaction_metadata');
DROP SCHEMA s1, s2, transaction_metadata CASCADE;
