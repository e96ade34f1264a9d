-- Tables and catalogs rewritten in mid-stream: no event of the rewriting, and
-- every row before and after it as it was.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA rewrite;
SET search_path = rewrite, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', substr(data::json->'headers'->>'__cdc_json.position', 18), v->>'op', v->'source'->>'table', v->'before', v->'after')
	FROM pg_logical_slot_peek_changes('rewrite', NULL, NULL, VARIADIC ARRAY['format', 'record', 'position.header', 'true'] || options),
		LATERAL (SELECT data::json->'value') AS x(v)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('rewrite', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, v text);
ALTER TABLE t REPLICA IDENTITY FULL, ALTER v SET STORAGE EXTERNAL;
SELECT 'slot' FROM pg_create_logical_replication_slot('rewrite', 'cdc_json');

-- VACUUM FULL and CLUSTER of the table and of catalogs, mapped ones among them.
INSERT INTO t VALUES (1, 'a'), (2, 'b');
VACUUM FULL t;
UPDATE t SET v = 'c' WHERE id = 1;
VACUUM FULL pg_catalog.pg_class;
VACUUM FULL pg_catalog.pg_attribute;
INSERT INTO t VALUES (3, 'd');
CLUSTER t USING t_pkey;
VACUUM FULL pg_catalog.pg_proc;
VACUUM FULL pg_catalog.pg_type;
VACUUM FULL pg_catalog.pg_namespace;
REINDEX TABLE pg_catalog.pg_class;
DELETE FROM t WHERE id = 2;
SELECT * FROM events();
CALL forget();

-- ALTER TABLE that rewrites the heap: its rows are not sent, nor do they count in the transaction's numbers.
BEGIN;
INSERT INTO t VALUES (4, 'e');
ALTER TABLE t ADD r int DEFAULT (random() * 0)::int, ALTER id TYPE bigint;
INSERT INTO t VALUES (5, 'f', 6);
CREATE TABLE made AS SELECT id FROM t WHERE id > 4;
ALTER TABLE t SET UNLOGGED;
INSERT INTO t VALUES (6, 'unlogged', 7);
ALTER TABLE t SET LOGGED;
INSERT INTO t VALUES (7, 'logged', 8);
COMMIT;
SELECT * FROM events();
CALL forget();

-- Values out of line in a rewritten table.
INSERT INTO t VALUES (8, repeat('x', 5000), 9);
ALTER TABLE t ALTER r TYPE bigint;
UPDATE t SET r = 10 WHERE id = 8;
VACUUM FULL t;
UPDATE t SET r = 11 WHERE id = 8;
SELECT regexp_replace(e, 'x{10,}', 'long', 'g') FROM events() AS e;
CALL forget();

-- A materialized view, filled and refreshed, is no table.
CREATE MATERIALIZED VIEW mv AS SELECT id FROM t;
CREATE UNIQUE INDEX ON mv (id);
INSERT INTO t VALUES (9, 'g', 10);
REFRESH MATERIALIZED VIEW mv;
INSERT INTO t VALUES (10, 'h', 10);
REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
SELECT * FROM events();
-- not even by a filter that names it
SELECT count(*) FROM events('table.include.list', '.*\.mv');
CALL forget();

-- Tables that came and went: the descriptions of many do not get in each other's way.
DO $$ BEGIN
	FOR i IN 1..300 LOOP
		EXECUTE format('CREATE TABLE many%s (id int PRIMARY KEY, c%s text)', i, i);
		EXECUTE format('INSERT INTO many%s VALUES (%s, %L)', i, i, 'v' || i);
		IF i % 2 = 0 THEN EXECUTE format('DROP TABLE many%s', i); END IF;
		COMMIT;
	END LOOP;
END $$;
SELECT count(*), bool_and(data::json->'after'->>'id' = n::text AND data::json->'after'->>('c' || n) = 'v' || n AND data::json->'source'->>'table' = 'many' || n)
FROM pg_logical_slot_peek_changes('rewrite', NULL, NULL) WITH ORDINALITY AS s(lsn, xid, data, n);

SELECT 'dropped' FROM pg_drop_replication_slot('rewrite');
DROP SCHEMA rewrite CASCADE;
