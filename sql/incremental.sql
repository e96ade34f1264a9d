-- Incremental snapshots: rows of tables as events of the stream.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cdc_json;
\pset format unaligned
\pset tuples_only on
-- jobs' numbers
ALTER SEQUENCE cdc_json.snapshot_job_id_seq RESTART 1001;
CREATE SCHEMA incremental;
SET search_path = incremental, public;
-- position without its LSN, topic, key, operation, mark and row of each record
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', substr(data::json->'headers'->>'__cdc_json.position', 18), data::json->>'topic', data::json->>'key', data::json->'value'->>'op',
		data::json->'value'->'source'->>'snapshot', data::json->'value'->'after')
	FROM pg_logical_slot_peek_changes('incremental', NULL, NULL, VARIADIC ARRAY['format', 'record', 'position.header', 'true', 'topic.prefix', 'srv'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('incremental', pg_current_wal_lsn());
END $$;
CREATE FUNCTION progress() RETURNS TABLE (relation regclass, state text, rows bigint, estimated boolean, waiting bigint, retrying bigint,
	chunk_rows int, "where" text, slot text, rate_limit int) LANGUAGE sql AS $$
	SELECT relation, state, rows, estimate IS NOT NULL, waiting, retrying, chunk_rows, "where", slot, rate_limit FROM cdc_json.snapshot_progress
	WHERE job = (SELECT max(job) FROM cdc_json.snapshot_progress)
$$;

CREATE TABLE a (id int PRIMARY KEY, v text DEFAULT 'x');
INSERT INTO a VALUES (1, NULL), (2, 'b'), (3, 'c'), (4, 'd');
SELECT 'slot' FROM pg_create_logical_replication_slot('incremental', 'cdc_json');

-- Rows in chunks, between the changes.
ALTER TABLE a ADD late int DEFAULT 7;
UPDATE a SET v = 'before' WHERE id = 2;
CALL cdc_json.snapshot_incremental('{a}', 3);
UPDATE a SET v = 'after' WHERE id = 3;
SELECT * FROM events();
SELECT * FROM progress();
-- A whole record: transaction, LSN and transaction block are null, "sequence" is the stream's, the time is the chunk's.
SELECT regexp_replace(regexp_replace(data, '("ts_\w+":)\d+', '\10', 'g'), '"sequence":"\[\\"\d+\\",\\"\d+\\"\]"', '"sequence":"[\\"C\\",\\"L\\"]"')
FROM pg_logical_slot_peek_changes('incremental', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'provide.transaction.metadata', 'true', 'schemas.enable', 'false')
WHERE data ~ '"op":"r"' LIMIT 1;
-- It has no BEGIN and END, does not count, and in a frame has its message's LSN and its transaction's id.
SELECT data::json->>'status', data::json->>'event_count', data::json->'data_collections'
FROM pg_logical_slot_peek_changes('incremental', NULL, NULL, 'provide.transaction.metadata', 'true') WHERE data ~ '"status"';
SELECT count(*), count(DISTINCT seq), bool_and(lsn > '0/0' AND lsn < commit_lsn), bool_and(part = 0), count(DISTINCT xid::text) = 2
FROM cdc_json.peek_events('incremental', NULL, NULL) WHERE value ~ '"op":"r"';
-- "sequence" of the change after it counts the chunks.
SELECT count(DISTINCT (data::json->'source'->>'sequence')::json->>0) FROM pg_logical_slot_peek_changes('incremental', NULL, NULL);
-- All formats and options apply.
SELECT data::json->>'op', data::json->'after' FROM pg_logical_slot_peek_changes('incremental', NULL, NULL, 'column.exclude.list', 'incremental.a.late',
	'column.mask.with.2.chars', 'incremental.a.v', 'skipped.operations', 'c,u,d,t') WHERE data ~ '"op":"r"';
SELECT count(*) FROM events('table.exclude.list', 'incremental.a');
SELECT count(*) FROM events('table.include.list', '.*snapshot.*', 'schema.include.list', 'cdc_json');
CALL forget();

-- Jobs' own tables: not in the stream, not in a transaction's count, and not to be read.
BEGIN;
UPDATE cdc_json.snapshot_table SET lost = 0 WHERE job = 1001;
TRUNCATE cdc_json.snapshot_retry;
INSERT INTO a VALUES (5);
COMMIT;
SELECT regexp_replace(e, '\d+:\d+', 'xid:lsn') FROM events('provide.transaction.metadata', 'true') AS e;
CALL cdc_json.snapshot_incremental('{cdc_json.snapshot_table}');
SELECT cdc_json.read_event(t) FROM cdc_json.snapshot_table AS t;
CALL forget();

-- Keys of any kind: several columns, with a collation, of a domain, an enum, an array, bytes, descending.
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE k1 (a text COLLATE "C", b int, c numeric, PRIMARY KEY (b, a, c));
CREATE TABLE k2 (a code PRIMARY KEY, v int);
CREATE TABLE k3 (a mood, b uuid, PRIMARY KEY (a, b));
CREATE TABLE k4 (a int[] PRIMARY KEY);
CREATE TABLE k5 (a bytea, b timestamptz, c float8);
CREATE UNIQUE INDEX k5_key ON k5 (a DESC, b DESC, c DESC);
ALTER TABLE k5 ALTER a SET NOT NULL, ALTER b SET NOT NULL, ALTER c SET NOT NULL;
CREATE TABLE k6 (a varchar(20), b char(5), c date, d bool, PRIMARY KEY (a, b, c, d) INCLUDE (a));
INSERT INTO k1 SELECT chr(64 + g % 5), g / 10, g / 3.0 FROM generate_series(1, 57) AS g;
INSERT INTO k2 SELECT 'code ' || g, g FROM generate_series(1, 57) AS g;
INSERT INTO k3 SELECT (enum_range(NULL::mood))[1 + g % 3], md5(g::text)::uuid FROM generate_series(1, 57) AS g;
INSERT INTO k4 SELECT ARRAY[g % 4, g] FROM generate_series(1, 57) AS g;
INSERT INTO k5 SELECT decode(md5((g % 3)::text), 'hex'), '2020-01-01'::timestamptz + g % 4 * interval '1 day', g / 7.0 FROM generate_series(1, 57) AS g;
INSERT INTO k6 SELECT 'v' || g % 3, 'c' || g % 4, '2020-01-01'::date + g, g % 2 = 0 FROM generate_series(1, 57) AS g;
-- And tables without a usable one: partial, with expressions, nullable, not unique, of mixed direction.
CREATE TABLE n1 (a int);
CREATE TABLE n2 (a int, b int UNIQUE);
CREATE TABLE n3 (a int NOT NULL);
CREATE UNIQUE INDEX ON n3 (a) WHERE a > 30;
CREATE UNIQUE INDEX ON n3 ((a + 1));
CREATE TABLE n4 (a int NOT NULL, b int NOT NULL);
CREATE UNIQUE INDEX ON n4 (a, b DESC);
CREATE TABLE n5 (a text NOT NULL);
CREATE UNIQUE INDEX ON n5 (a text_pattern_ops);
CREATE TABLE n6 ();
INSERT INTO n1 SELECT g FROM generate_series(1, 57) AS g;
INSERT INTO n2 SELECT g, NULLIF(g, 30) FROM generate_series(1, 57) AS g;
INSERT INTO n3 SELECT g FROM generate_series(1, 57) AS g;
INSERT INTO n4 SELECT g % 3, g FROM generate_series(1, 57) AS g;
INSERT INTO n5 SELECT g FROM generate_series(1, 57) AS g;
CALL forget();
CALL cdc_json.snapshot_incremental('{k1,k2,k3,k4,k5,k6,n1,n2,n3,n4,n5,n6}', 10);
SELECT relation, rows, state FROM progress();
WITH r AS MATERIALIZED (SELECT e FROM events() AS e)
SELECT t, count(*) FILTER (WHERE e LIKE '% srv.incremental.' || t || ' %'), count(DISTINCT substr(e, 12)) FILTER (WHERE e LIKE '% srv.incremental.' || t || ' %')
FROM r, unnest('{k1,k2,k3,k4,k5,k6,n1,n2,n3,n4,n5}'::text[]) AS t GROUP BY t ORDER BY t;
CALL forget();

-- Rows are as the stream has them, whatever the type: compressed, out of line, of any length and alignment.
CREATE TABLE types (id int PRIMARY KEY, a bool, b "char", c int2, d int8, e float4, f float8, g name, h text, i bytea, j numeric, k date, l timetz,
	m interval, n uuid, o jsonb, p int[], q text[], r inet, s point, t bit(5), u varbit, v money, w xml, x tsvector, y int4range, z mood,
	aa code, bb macaddr, cc box, dd char(3), gone int, packed text, plain text, nothing text);
ALTER TABLE types ALTER plain SET STORAGE EXTERNAL, DROP gone;
INSERT INTO types SELECT g, g % 2 = 0, 'c', g, g, g / 3.0, g / 3.0, 'name' || g, repeat('h', g * 30), decode(repeat('ab', g), 'hex'), g / 7.0, '2020-01-01'::date + g,
	'12:34:56+02', '1 mon 2 days', md5(g::text)::uuid, '{"a":[1,2]}', ARRAY[g, NULL], ARRAY['x', 'ÿ'], '10.0.0.1/8', '(1,2)', B'10101', B'101',
	'1.50', '<a/>', 'a fat cat', '[1,5)', 'ok', 'code', '08:00:2b:01:02:03', '(1,1),(0,0)', 'ab', repeat('packed', g * 2000), repeat(md5(g::text), g * 100)
FROM generate_series(1, 12) AS g;
CALL forget();
UPDATE types SET nothing = NULL;
CALL cdc_json.snapshot_incremental('{types}', 5);
SELECT count(*), count(DISTINCT after), min(ops), max(ops) FROM (SELECT after, string_agg(op, '' ORDER BY op) AS ops
	FROM (SELECT regexp_replace(data, '^.*"after":(.*),"source":.*"op":.*$', '\1') AS after, data::json->>'op' AS op
		FROM pg_logical_slot_peek_changes('incremental', NULL, NULL)) AS d
	WHERE op = 'r' GROUP BY after) AS q;
SELECT count(*) FROM pg_logical_slot_peek_changes('incremental', NULL, NULL) AS s JOIN types AS row ON s.data::json->'after'->>'id' = row.id::text
	WHERE s.data::json->>'op' = 'r' AND (s.data::json->'after')::text = (cdc_json.read_event(row)::json->'after')::text;
CALL forget();

-- Partitions: as themselves or as their root.  Children are tables of their own.
CREATE TABLE root (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE leaf2 (v text, id int NOT NULL);
CREATE TABLE leaf1 PARTITION OF root FOR VALUES FROM (0) TO (10);
ALTER TABLE root ATTACH PARTITION leaf2 FOR VALUES FROM (10) TO (20);
CREATE TABLE parent (id int);
CREATE TABLE child () INHERITS (parent);
INSERT INTO root SELECT g, 'v' || g FROM generate_series(1, 19, 6) AS g;
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (2);
CALL forget();
CALL cdc_json.snapshot_incremental('{root,leaf1,parent,root}');
SELECT * FROM events();
SELECT * FROM events('publish.via.partition.root', 'true');
CALL forget();

-- where
CALL cdc_json.snapshot_incremental('{leaf1,leaf2}', "where" => $$id > 5 OR v = 'v1' -- )$$);
SELECT * FROM events();
SELECT * FROM progress();
CALL forget();
CALL cdc_json.snapshot_incremental('{a}', "where" => 'id >');
CALL cdc_json.snapshot_incremental('{a}', "where" => 'true) OR (true');
CALL cdc_json.snapshot_incremental('{a}', "where" => 'true; SELECT 1');
CALL cdc_json.snapshot_incremental('{a}', "where" => 'true ORDER BY 1');
CALL cdc_json.snapshot_incremental('{a}', "where" => '');
CALL cdc_json.snapshot_incremental('{a}', "where" => 'id > $1');
CALL cdc_json.snapshot_incremental('{a}', "where" => 'nope = 1');
CALL cdc_json.snapshot_incremental('{a}', "where" => 'count(*) > 1');
CALL cdc_json.snapshot_incremental('{a}', "where" => 'id');
CALL cdc_json.snapshot_incremental('{a,parent}', "where" => 'v IS NULL');
-- An error in it ends the call, not the job.
CALL cdc_json.snapshot_incremental('{a}', 2, '1 / (id - 4) < 10');
SELECT state, rows FROM progress();
SELECT max(job) AS job FROM cdc_json.snapshot_progress \gset
CALL cdc_json.snapshot_resume(:job);
UPDATE a SET id = 14 WHERE id = 4;
CALL forget();
CALL cdc_json.snapshot_resume(:job);
SELECT state, rows FROM progress();
SELECT * FROM events();
CALL forget();

-- What is refused, before the first row.
CREATE VIEW v AS SELECT 1 AS id;
CREATE UNLOGGED TABLE unlogged (id int);
CREATE TEMPORARY TABLE temporary (id int);
CREATE SEQUENCE s;
CALL cdc_json.snapshot_incremental(NULL);
CALL cdc_json.snapshot_incremental(ARRAY['a'::regclass, NULL]);
CALL cdc_json.snapshot_incremental(ARRAY[4294967295::regclass]);
CALL cdc_json.snapshot_incremental('{a,v}');
CALL cdc_json.snapshot_incremental('{unlogged}');
CALL cdc_json.snapshot_incremental('{temporary}');
CALL cdc_json.snapshot_incremental('{s}');
CALL cdc_json.snapshot_incremental('{pg_class}');
CALL cdc_json.snapshot_incremental('{a}', 0);
CALL cdc_json.snapshot_incremental('{a}', 100001);
CALL cdc_json.snapshot_incremental('{a}', rows_per_second => 0);
CALL cdc_json.snapshot_incremental('{a}', slot => 'nope');
SELECT 'slot' FROM pg_create_logical_replication_slot('incremental_other', 'test_decoding');
CALL cdc_json.snapshot_incremental('{a}', slot => 'incremental_other');
SELECT 'dropped' FROM pg_drop_replication_slot('incremental_other');
BEGIN;
CALL cdc_json.snapshot_incremental('{a}');
ROLLBACK;
SET default_transaction_read_only = on;
CALL cdc_json.snapshot_incremental('{a}');
RESET default_transaction_read_only;
CALL cdc_json.snapshot_resume(0);
CALL cdc_json.snapshot_resume(NULL);
SELECT cdc_json.snapshot_pause(0);
SELECT cdc_json.snapshot_stop(0);
SELECT cdc_json.snapshot_forget(0);
SELECT * FROM events();
-- Nothing to do is no job.
CALL cdc_json.snapshot_incremental('{}');
SELECT max(job) = :job FROM cdc_json.snapshot_progress;
-- Isolation of the session does not matter, nor do its settings.
SET default_transaction_isolation = serializable;
SET enable_indexscan = off;
SET enable_tidscan = off;
SET enable_sort = off;
SET lock_timeout = 1;
CALL cdc_json.snapshot_incremental('{a,n1}', 3);
SHOW synchronous_commit;
SHOW lock_timeout;
SHOW enable_seqscan;
RESET default_transaction_isolation;
RESET enable_indexscan;
RESET enable_tidscan;
RESET enable_sort;
RESET lock_timeout;
SELECT relation, state, rows FROM progress();
CALL forget();

-- Rights: SELECT on the table, and UPDATE on a part of it; no row may be hidden.
CREATE ROLE incremental_reader;
CREATE ROLE incremental_writer;
CREATE ROLE incremental_other;
GRANT USAGE ON SCHEMA incremental TO incremental_reader, incremental_writer, incremental_other;
GRANT SELECT ON a TO incremental_reader, incremental_writer;
GRANT UPDATE (late) ON a TO incremental_writer;
GRANT SELECT (id, v, late), UPDATE ON a TO incremental_other;
SET ROLE incremental_reader;
CALL cdc_json.snapshot_incremental('{a}');
CALL cdc_json.snapshot_incremental('{n1}');
SELECT * FROM cdc_json.snapshot_table;
SELECT * FROM cdc_json.snapshot_job;
SELECT * FROM cdc_json.snapshot_retry;
SELECT count(*) FROM cdc_json.snapshot_progress;
UPDATE cdc_json.snapshot_table SET token = gen_random_uuid();
SELECT nextval('cdc_json.snapshot_job_id_seq');
SELECT cdc_json.snapshot_pause(:job);
SELECT cdc_json.snapshot_stop(:job);
SELECT cdc_json.snapshot_forget(:job);
CALL cdc_json.snapshot_resume(:job);
SET ROLE incremental_other;
CALL cdc_json.snapshot_incremental('{a}');
SET ROLE incremental_writer;
CALL cdc_json.snapshot_incremental('{a}');
SELECT state, rows, role FROM cdc_json.snapshot_progress;
RESET ROLE;
ALTER TABLE a ENABLE ROW LEVEL SECURITY;
SET ROLE incremental_writer;
CALL cdc_json.snapshot_incremental('{a}');
RESET ROLE;
-- A member acts for its role.
GRANT incremental_writer TO incremental_other;
SET ROLE incremental_other;
SELECT cdc_json.snapshot_stop(job), cdc_json.snapshot_forget(job) FROM cdc_json.snapshot_progress;
SELECT count(*) FROM cdc_json.snapshot_progress;
RESET ROLE;
SELECT count(*) FROM events();

SELECT count(cdc_json.snapshot_forget(job)) > 5 FROM (SELECT DISTINCT job FROM cdc_json.snapshot_progress) AS j;
SELECT (SELECT count(*) FROM cdc_json.snapshot_job), (SELECT count(*) FROM cdc_json.snapshot_table), (SELECT count(*) FROM cdc_json.snapshot_retry);
SELECT 'dropped' FROM pg_drop_replication_slot('incremental');
DROP SCHEMA incremental CASCADE;
DROP ROLE incremental_reader, incremental_writer, incremental_other;
