-- Whole tables as the records of Debezium's initial snapshot, and ranges for several sessions.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cdc_json;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA snap;
SET search_path = snap, public;
-- topic, key, mark and row of each record
CREATE FUNCTION rows(tables regclass[], VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', topic, coalesce(key, 'none'), value::json->'source'->>'snapshot', value::json->'after', nullif(headers::text, '{}'))
	FROM (SELECT (s).* FROM (SELECT cdc_json.snapshot(tables, VARIADIC ARRAY['topic.prefix', 'srv'] || options) AS s) AS q) AS r
$$;
CREATE TABLE a (id int PRIMARY KEY, v text DEFAULT 'x');
INSERT INTO a VALUES (1, NULL), (2, 'b'), (3, 'c'), (4, 'd');
CREATE TABLE b (id int PRIMARY KEY);
INSERT INTO b VALUES (1), (2), (3);
CREATE TABLE c (id int);
CREATE TABLE d (id int);
INSERT INTO d VALUES (1);
CREATE TABLE e (id int);

-- Marks, as the connector sets them: last wins over first, first only in the first table.
SELECT rows('{a,b,c,d,e}');
SELECT rows('{c,b}');
SELECT rows('{d}');
SELECT rows('{c,e}');
SELECT rows('{}');
-- Tables come once, in the order in which they are named; those that options leave out do not count.
SELECT rows('{d,b,d,a,b}');
SELECT rows('{a,b,d}', 'table.include.list', 'snap\.[bd]');
SELECT rows('{a,b}', 'table.exclude.list', 'snap\..*');
SELECT rows('{a}', 'column.mask.with.3.chars', 'snap.a.v', 'message.key.columns', 'snap.a:v');
SELECT rows('{d}', 'extended.headers.enabled', 'false', 'debezium.quirks', 'true');

-- The whole record, the same as read_event's but for the mark.
SELECT count(*), bool_and(s.key = e->>'key' AND s.topic = e->>'topic' AND s.headers::text = (e->'headers')::text
	AND regexp_replace(s.value, ',"op":.*', '') = regexp_replace(replace(e->>'value', '"snapshot":"true"',
		format('"snapshot":"%s"', s.value::json->'source'->>'snapshot')), ',"op":.*', ''))
FROM cdc_json.snapshot('{a}', 'snapshot.lsn', '0/1234', 'snapshot.txid', '77') AS s
	JOIN (SELECT a.id, cdc_json.read_event(a, 'format', 'record', 'snapshot.lsn', '0/1234', 'snapshot.txid', '77')::json AS e FROM a) AS r
	ON s.key::json->>'id' = r.id::text;

-- Values out of line are there; rows that are gone are not.
CREATE TABLE big (id int PRIMARY KEY, plain text, packed text, n int);
ALTER TABLE big ALTER plain SET STORAGE EXTERNAL;
INSERT INTO big SELECT g, repeat(g::text, 10000), repeat(g::text, 100000), 0 FROM generate_series(1, 20) AS g;
UPDATE big SET n = 1 WHERE id % 2 = 0;
DELETE FROM big WHERE id % 5 = 0;
SELECT count(*), bool_and(value::json->'after'->>'plain' = big.plain AND value::json->'after'->>'packed' = big.packed
	AND value::json->'after'->>'n' = big.n::text)
FROM cdc_json.snapshot('{big}') AS s JOIN big ON s.key::json->>'id' = big.id::text;

-- Columns dropped, added with a default, generated; children of inheritance are tables of their own.
CREATE TABLE shaped (gone int, id int PRIMARY KEY, kept text);
INSERT INTO shaped VALUES (0, 1, 'k');
ALTER TABLE shaped DROP gone, ADD late int DEFAULT 7, ADD twice int GENERATED ALWAYS AS (id * 2) STORED;
ALTER TABLE shaped ADD later int DEFAULT 8;
INSERT INTO shaped (id) VALUES (2);
CREATE TABLE child () INHERITS (shaped);
INSERT INTO child (id) VALUES (3);
CREATE TABLE none ();
INSERT INTO none DEFAULT VALUES;
SELECT rows('{shaped,none,child}');

-- Partitions: as themselves or as their root, each once.
CREATE TABLE root (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE leaf2 (v text, id int NOT NULL);
CREATE TABLE leaf1 PARTITION OF root FOR VALUES FROM (0) TO (10);
ALTER TABLE root ATTACH PARTITION leaf2 FOR VALUES FROM (10) TO (20);
CREATE TABLE mid PARTITION OF root FOR VALUES FROM (20) TO (30) PARTITION BY RANGE (id);
CREATE TABLE leaf3 PARTITION OF mid DEFAULT;
INSERT INTO root SELECT g, 'v' || g FROM generate_series(1, 29, 7) AS g;
SELECT rows('{root,leaf2,b}');
SELECT rows('{leaf2,root,b}', 'publish.via.partition.root', 'true');

-- A query that ends early; a cursor; twice at once.
SELECT (s).key FROM (SELECT cdc_json.snapshot('{a,b}') AS s LIMIT 2) AS q;
BEGIN;
DECLARE x CURSOR FOR SELECT (s).key, (s).value::json->'source'->>'snapshot' FROM (SELECT cdc_json.snapshot('{a,b}') AS s) AS q;
FETCH 3 FROM x;
UPDATE a SET v = 'changed' WHERE id = 4;
DELETE FROM b;
FETCH ALL FROM x;
ROLLBACK;
SELECT (s).key, (t).topic FROM (SELECT cdc_json.snapshot('{b}') AS s, cdc_json.snapshot('{a}', 'topic.prefix', 'other') AS t) AS q;
COPY (SELECT (s).key FROM (SELECT cdc_json.snapshot('{b}') AS s) AS q) TO STDOUT;
-- without an error, nothing is left open; no transaction id is taken
BEGIN;
SELECT count(*) FROM cdc_json.snapshot('{a,b,big}');
SELECT pg_current_xact_id_if_assigned() IS NULL;
COMMIT;

-- Ranges: together they hold every row once.
CREATE TABLE many (id int PRIMARY KEY, v text);
INSERT INTO many SELECT g, repeat('v', 100) FROM generate_series(1, 10000) AS g;
DELETE FROM many WHERE id % 3 = 0;
ANALYZE many;
SELECT count(*) BETWEEN 6 AND 10, min(lower), max(upper), sum(rows) BETWEEN 6500 AND 6800, bool_and(relation = 'many'::regclass)
FROM cdc_json.chunks('many', 1000);
CREATE FUNCTION read(tables regclass, target bigint) RETURNS TABLE (n bigint, ids bigint, chunks bigint) LANGUAGE plpgsql AS $$
DECLARE
	c record;
	part record;
BEGIN
	n := 0;
	ids := 0;
	chunks := 0;
	FOR c IN SELECT * FROM cdc_json.chunks(tables, target) LOOP
		EXECUTE format('SELECT count(e) AS n, coalesce(sum((e::json->''after''->>''id'')::int), 0) AS ids FROM ONLY %s AS t, '
			'cdc_json.read_event(t) AS e WHERE t.ctid >= %L AND t.ctid < %L', c.relation, c.lower, c.upper) INTO part;
		n := n + part.n;
		ids := ids + part.ids;
		chunks := chunks + 1;
	END LOOP;
	RETURN NEXT;
END $$;
SELECT count(*), sum(id) FROM many;
SELECT n, ids, chunks > 5 FROM read('many', 1000);
SELECT n, ids FROM read('many', 1);
SELECT * FROM read('many', 1000000);
-- an empty table is one range, a partitioned one those of its partitions; what comes to lie behind belongs to the last
SELECT * FROM cdc_json.chunks('c', 1000);
SELECT relation, lower, upper FROM cdc_json.chunks('root', 1000);
SELECT n, ids, chunks FROM read('root', 1);
BEGIN;
CREATE TEMP TABLE ranges ON COMMIT DROP AS SELECT * FROM cdc_json.chunks('b', 1);
INSERT INTO b SELECT g FROM generate_series(10, 2000) AS g;
SELECT count(*) FROM b, ranges WHERE b.ctid >= lower AND b.ctid < upper;
ROLLBACK;

-- The position: what commits afterwards is not in the snapshot.
SELECT pg_typeof(snapshot), pg_typeof(lsn), lsn <= pg_current_wal_insert_lsn(), snapshot::text = pg_current_snapshot()::text FROM cdc_json.snapshot_position();
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT snapshot AS before, lsn AS before_lsn FROM cdc_json.snapshot_position() \gset
SELECT :'before' = snapshot::text, lsn >= :'before_lsn' FROM cdc_json.snapshot_position();
COMMIT;
INSERT INTO d VALUES (2) RETURNING pg_current_xact_id() AS xid \gset
SELECT pg_visible_in_snapshot(:'xid', :'before'), pg_visible_in_snapshot(:'xid', snapshot), lsn > :'before_lsn' FROM cdc_json.snapshot_position();

-- What cannot be read is an error before the first row.
CREATE VIEW view AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW matview AS SELECT 1 AS id;
CREATE SEQUENCE seq;
SELECT cdc_json.snapshot('{a,view}');
SELECT cdc_json.snapshot('{a,matview}');
SELECT cdc_json.snapshot('{a,seq}');
SELECT cdc_json.snapshot('{a,a_pkey}');
SELECT cdc_json.snapshot('{a,pg_class}');
SELECT cdc_json.snapshot('{a,nothing}');
SELECT cdc_json.snapshot('{a,987654321}');
SELECT cdc_json.snapshot('{a,NULL}');
SELECT cdc_json.snapshot('{a}', 'snapshot', 'true');
SELECT cdc_json.snapshot('{a}', 'format', 'value');
SELECT cdc_json.snapshot('{a}', 'nonsense', 'value');
SELECT cdc_json.chunks('view', 10);
SELECT cdc_json.chunks('a', 0);
CREATE FOREIGN DATA WRAPPER fdw;
CREATE SERVER far FOREIGN DATA WRAPPER fdw;
CREATE TABLE spread (id int) PARTITION BY RANGE (id);
CREATE TABLE near PARTITION OF spread FOR VALUES FROM (0) TO (10);
CREATE FOREIGN TABLE farleaf PARTITION OF spread FOR VALUES FROM (10) TO (20) SERVER far;
INSERT INTO near VALUES (1);
SELECT cdc_json.snapshot('{a,farleaf}');
SELECT rows('{spread}');
-- rights: on the table or on all its columns; no row may be hidden
CREATE ROLE regress_reader;
GRANT USAGE ON SCHEMA snap TO regress_reader;
GRANT SELECT ON b, root TO regress_reader;
GRANT SELECT (id) ON a, d TO regress_reader;
CREATE TABLE guarded (id int PRIMARY KEY);
INSERT INTO guarded VALUES (1), (2);
GRANT SELECT ON guarded TO regress_reader;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON guarded USING (id = 1);
SET ROLE regress_reader;
SELECT count(*) FROM cdc_json.snapshot('{b,root,d}');
SELECT cdc_json.snapshot('{b,a}');
SELECT cdc_json.snapshot('{b,leaf1}');
SELECT cdc_json.snapshot('{b,guarded}');
SELECT cdc_json.chunks('guarded', 10);
SELECT cdc_json.read_event(guarded)::json->'after' FROM guarded;
RESET ROLE;
SELECT count(*) FROM cdc_json.snapshot('{guarded}');
-- the owner too, if he is not spared; and one who may read all
CREATE TABLE forced (id int PRIMARY KEY);
INSERT INTO forced VALUES (1), (2);
ALTER TABLE forced ENABLE ROW LEVEL SECURITY;
ALTER TABLE forced OWNER TO regress_reader;
SET ROLE regress_reader;
SELECT count(*) FROM cdc_json.snapshot('{forced}');
ALTER TABLE forced FORCE ROW LEVEL SECURITY;
SELECT cdc_json.snapshot('{b,forced}');
SET row_security = off;
SELECT cdc_json.read_event(forced) FROM forced;
RESET row_security;
RESET ROLE;
ALTER ROLE regress_reader BYPASSRLS;
SET ROLE regress_reader;
SELECT count(*) FROM cdc_json.snapshot('{forced,guarded}');
SELECT cdc_json.chunks('a', 10);
SELECT cdc_json.snapshot('{b}', 'snapshot.ts', 'infinity');
SELECT cdc_json.snapshot('{b}', 'decimal.handling.mode', 'exact');
SELECT cdc_json.snapshot(NULL), cdc_json.chunks(NULL, 1), cdc_json.chunks('b', NULL);
RESET ROLE;
DROP FOREIGN DATA WRAPPER fdw CASCADE;
DROP SCHEMA snap CASCADE;
DROP ROLE regress_reader;
