-- Rows that a query reads, as events: the same as the stream's.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cdc_json;
SET timezone = 'UTC';
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA read_event;
SET search_path = read_event, public;
-- what differs from run to run: database, times, and the version
CREATE FUNCTION plain(event text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(regexp_replace(event,
		'"ts_([mun])s":\d+', '"ts_\1s":0', 'g'), '"version":"[^"]*"', '"version":"v"'), '"db":"[^"]*"', '"db":"d"')
$$;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, b boolean, s smallint, i8 bigint, f4 real, f8 double precision, n numeric, n2 numeric(12,3), m money,
	txt text DEFAULT 'd', vc varchar(20), c char(5), nm name, u uuid, j json, jb jsonb, x xml, by bytea, bt bit(10), vb bit varying, d date, ti time,
	ttz timetz, ts timestamp, ts3 timestamp(3), tz timestamptz, iv interval, ia int[], ta text[], na numeric[], e mood, ea mood[], p point, cc pair,
	r int4range, net inet, dom positive, gone int, gen int GENERATED ALWAYS AS (id * 2) STORED, long text, packed text);
ALTER TABLE t ALTER long SET STORAGE EXTERNAL, DROP gone;
SELECT 'slot' FROM pg_create_logical_replication_slot('read_event', 'cdc_json');
INSERT INTO t VALUES
	(1, true, 2, 3, 1.1, 2.2, 12345.678, 1.5, '12.34', 'text "q" \ é €', 'v', 'c', 'name', '6b7c9e2a-1111-2222-3333-444455556666', '{"a": 1}', '{"b": [1, "x"]}',
	'<a/>', '\x00ff', B'1010101010', B'101', '2026-01-02', '12:34:56.789', '12:34:56+02', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678',
	'2026-01-02 03:04:05.678901+01', '1 year 2 mons 3 days 04:05:06', '{1,NULL,3}', '{a,NULL}', '{1.5}', 'happy', '{sad,happy}', '(1,2)', '(1,x)', '[1,5)',
	'10.0.0.1/8', 7, DEFAULT, repeat('long ', 2000), repeat('packed ', 2000)),
	(2, false, -2, -3, 'NaN', '-Infinity', 'NaN', 0, '0', '', '', '', '', NULL, 'null', 'null', NULL, '', B'0000000000', B'', 'infinity', '24:00', '00:00-15:59',
	'-infinity', 'infinity', 'infinity', '-1 day', '{}', '{}', '{NaN}', 'sad', '{}', '(NaN,0)', NULL, 'empty', '::1', 1, DEFAULT, '', '');
INSERT INTO t (id, txt) VALUES (3, NULL);

-- All types, with all settings of options that matter: key and row are those of the stream.
CREATE FUNCTION compare(VARIADIC options text[]) RETURNS TABLE (row_same bigint, key_same bigint, of bigint, plausible boolean) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT count(*) FILTER (WHERE e.value->'after' IS NOT NULL AND (e.value->'after')::text = (r.value->'after')::text),
		count(*) FILTER (WHERE e.key::text = r.key::text), count(*), max(length(e.value::text)) BETWEEN 1000 AND 60000
	FROM (SELECT row_number() OVER () AS nr, data::json->'key' AS key, coalesce(data::json->'value'->'payload', data::json->'value') AS value
			FROM pg_logical_slot_peek_changes('read_event', NULL, NULL, VARIADIC ARRAY['format', 'record'] || options)) AS e
		JOIN (SELECT row_number() OVER (ORDER BY t.id) AS nr, data::json->'key' AS key, coalesce(data::json->'value'->'payload', data::json->'value') AS value
			FROM t, cdc_json.read_event(t, VARIADIC ARRAY['format', 'record'] || options) AS data) AS r USING (nr);
END $$;
SELECT * FROM compare('include.unknown.datatypes', 'true');
SELECT * FROM compare('debezium.quirks', 'true', 'include.unknown.datatypes', 'true');
SELECT * FROM compare('schemas.enable', 'true');
SELECT * FROM compare('debezium.quirks', 'true', 'schemas.enable', 'true', 'replace.null.with.default', 'true');
SELECT * FROM compare('decimal.handling.mode', 'string', 'time.precision.mode', 'isostring', 'interval.handling.mode', 'string', 'binary.handling.mode', 'hex');
SELECT * FROM compare('column.mask.hash.SHA-256.with.salt.s', '.*\.(txt|u|long)', 'column.mask.with.3.chars', '.*\.vc', 'column.truncate.to.5.chars', '.*\.packed');
SELECT * FROM compare('column.exclude.list', '.*\.long', 'message.key.columns', 'read_event.t:i8,txt');

-- The whole event; schemas are the stream's, too.
CREATE TABLE s (id int PRIMARY KEY, v text);
INSERT INTO s VALUES (1, 'one');
SELECT plain(cdc_json.read_event(s, 'topic.prefix', 'srv')) FROM s;
SELECT plain(cdc_json.read_event(s, 'topic.prefix', 'srv', 'format', 'record', 'extended.headers.enabled', 'false')) FROM s;
SELECT (cdc_json.read_event(s, 'schemas.enable', 'true')::json->'schema')::text = cdc_json.schema('s', 'envelope')::text FROM s;
-- headers and transaction metadata
SELECT json_object_keys(cdc_json.read_event(s, 'format', 'record', 'extended.headers.enabled', 'true', 'position.header', 'true')::json->'headers') FROM s;
SELECT cdc_json.read_event(s, 'provide.transaction.metadata', 'true')::json->'transaction' FROM s;

-- The source's members.
SELECT plain((cdc_json.read_event(s, 'topic.prefix', 'srv', 'snapshot', 'first', 'snapshot.lsn', '1/10', 'snapshot.txid', '4294967999')::json->'source')::text) FROM s;
SELECT cdc_json.read_event(s, 'snapshot_ts', '2026-01-02 03:04:05.678901+00')::json->'source'->>'ts_us' FROM s;
SELECT cdc_json.read_event(s, 'snapshot.ts', '1970-01-01 00:00+00')::json->'source'->>'ts_ns' FROM s;
SELECT (cdc_json.read_event(s)::json->'source'->>'ts_us')::bigint = round(extract(epoch FROM now()) * 1000000) FROM s;
SELECT cdc_json.read_event(s, 'debezium.quirks', 'true', 'replace.null.with.default', 'false')::json->'source'->>'snapshot' FROM s;

-- Frames: one record each, without a position.
SELECT f.lsn, commit_lsn = '0/0' AS no_commit, seq, part, xid, topic, key, f.value::json->'after' AS after, headers
FROM s, cdc_json.frame_records(cdc_json.read_frame(s, 'topic.prefix', 'srv', 'snapshot.lsn', '1/10000000', 'snapshot.txid', '5')) AS f;

-- NULL; filters; options that differ from row to row.
SELECT cdc_json.read_event(NULL::s) IS NULL, cdc_json.read_event(s, 'table.exclude.list', 'read_event.s') IS NULL FROM s;
SELECT cdc_json.read_event(s, 'topic.prefix', p, 'format', 'record')::json->>'topic' FROM s, (VALUES ('a'), ('a'), ('b'), ('c')) AS v(p) ORDER BY p;

-- Any query over a table; several tables through one call; a value that was stored.
SELECT cdc_json.read_event(q.t)::json->'after'->>'id' FROM (SELECT t FROM t WHERE id > 1 ORDER BY id DESC LIMIT 1) AS q;
SELECT cdc_json.read_event(CASE WHEN (q.tt).id = 2 THEN q.ss::record ELSE q.tt::record END)::json->'source'->>'table' FROM (SELECT t AS tt, x AS ss FROM t, s AS x) AS q;
CREATE TABLE kept (at int, old s);
INSERT INTO kept SELECT 1, s FROM s;
ALTER TABLE s ADD w text;
UPDATE s SET w = 'w';
SELECT cdc_json.read_event(old)::json->'after' FROM kept;
-- a domain over the row type counts as it
CREATE DOMAIN some_s AS s CHECK ((VALUE).id > 0);
SELECT cdc_json.read_event(s::some_s)::json->'after' FROM s;

-- A column with a default added later is not in the rows before it; a table without key, and one whose columns are left out.
CREATE TABLE early (id int);
INSERT INTO early VALUES (1);
ALTER TABLE early ADD late text DEFAULT 'late';
SELECT cdc_json.read_event(early)::json->'after' FROM early;
SELECT cdc_json.read_event(s, 'column.include.list', 'no')::json->'after' FROM s;
CREATE TABLE keyless (a int);
INSERT INTO keyless VALUES (1);
SELECT cdc_json.read_event(keyless, 'format', 'record')::json->'key' FROM keyless;

-- A call site that outlives changes of the table.
DO $$
DECLARE
	old s := (SELECT old FROM kept);
	event text;
BEGIN
	FOR i IN 1..3 LOOP
		event := cdc_json.read_event(old, 'topic.prefix', 'srv', 'format', 'record');
		RAISE WARNING '% %', event::json->>'topic', event::json->'key';
		IF i = 1 THEN
			ALTER TABLE s RENAME TO renamed;
		ELSIF i = 2 THEN
			ALTER TABLE renamed DROP CONSTRAINT s_pkey;
		END IF;
	END LOOP;
END $$;
ALTER TABLE renamed RENAME TO s;

-- Partitions: from the leaves, or from the root with publish.via.partition.root.
CREATE TABLE root (a int, b text, PRIMARY KEY (a)) PARTITION BY RANGE (a);
CREATE TABLE leaf1 (b text, a int NOT NULL);
ALTER TABLE root ATTACH PARTITION leaf1 FOR VALUES FROM (0) TO (10);
CREATE TABLE mid PARTITION OF root FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (a);
CREATE TABLE leaf2 PARTITION OF mid DEFAULT;
INSERT INTO root VALUES (1, 'x'), (11, 'y');
SELECT e::json->>'topic', e::json->'key', e::json->'value'->'after' FROM leaf1, cdc_json.read_event(leaf1, 'format', 'record', 'topic.prefix', 'srv') AS e;
SELECT e::json->>'topic', e::json->'key', e::json->'value'->'after' FROM leaf1,
	cdc_json.read_event(leaf1, 'format', 'record', 'topic.prefix', 'srv', 'publish.via.partition.root', 'true') AS e;
SELECT e::json->>'topic', e::json->'key', e::json->'value'->'after' FROM root,
	cdc_json.read_event(root, 'format', 'record', 'topic.prefix', 'srv', 'publish.via.partition.root', 'true') AS e ORDER BY a;
SELECT e::json->>'topic', e::json->'key', e::json->'value'->'after' FROM mid,
	cdc_json.read_event(mid, 'format', 'record', 'topic.prefix', 'srv', 'publish.via.partition.root', 'true') AS e ORDER BY a;
SELECT cdc_json.read_event(root) FROM root;

-- The same rows, read by parallel workers.
CREATE TABLE many (id int PRIMARY KEY, w text);
INSERT INTO many SELECT g, repeat('v', 500) FROM generate_series(1, 2000) AS g;
ANALYZE many;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS off) SELECT count(*), sum((cdc_json.read_event(many, 'snapshot.ts', '2026-01-01')::json->'after'->>'id')::int) FROM many;
SELECT count(*), sum((cdc_json.read_event(many, 'snapshot.ts', '2026-01-01')::json->'after'->>'id')::int) FROM many;
SELECT count(DISTINCT cdc_json.read_event(many)::json->'source'->>'ts_us') FROM many;
-- A value that cannot be printed ends a parallel query; else it is null.
CREATE TYPE isbn;
CREATE FUNCTION isbn_in(cstring) RETURNS isbn AS 'int4in' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION isbn_out(isbn) RETURNS cstring AS 'enum_out' LANGUAGE internal STABLE STRICT PARALLEL SAFE;
CREATE TYPE isbn (INPUT = isbn_in, OUTPUT = isbn_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE TABLE books (id int PRIMARY KEY, i isbn);
INSERT INTO books SELECT g, '5' FROM generate_series(1, 2000) AS g;
ANALYZE books;
\set VERBOSITY terse
SELECT max(cdc_json.read_event(books, 'include.unknown.datatypes', 'true')::json->>'op') FROM books;
RESET max_parallel_workers_per_gather;
SET max_parallel_workers_per_gather = 0;
SELECT max((cdc_json.read_event(books, 'include.unknown.datatypes', 'true')::json->'after')::text) FROM books;
\set VERBOSITY default

-- No transaction id is taken.
BEGIN;
SELECT count(cdc_json.read_event(t)) FROM t;
SELECT pg_current_xact_id_if_assigned() IS NULL;
COMMIT;

-- Wrong arguments.
CREATE VIEW vw AS SELECT * FROM s;
CREATE MATERIALIZED VIEW mv AS SELECT id FROM s;
SELECT cdc_json.read_event(vw) FROM vw;
SELECT cdc_json.read_event(mv) FROM mv;
SELECT cdc_json.read_event(c) FROM pg_class AS c LIMIT 1;
CREATE FOREIGN DATA WRAPPER read_event;
CREATE SERVER read_event FOREIGN DATA WRAPPER read_event;
CREATE FOREIGN TABLE far (id int) SERVER read_event;
SELECT cdc_json.read_event(row(1)::far);
SELECT cdc_json.read_event((1, 'x')::pair);
SELECT cdc_json.read_event(row(1, 2));
SELECT cdc_json.read_event(q) FROM (SELECT * FROM s) AS q;
SELECT cdc_json.read_event(s, 'snapshot', 'yes') FROM s;
SELECT cdc_json.read_event(s, 'snapshot', NULL) FROM s;
SELECT cdc_json.read_event(s, 'snapshot.lsn', 'x') FROM s;
SELECT cdc_json.read_event(s, 'snapshot.txid', '-1') FROM s;
SELECT cdc_json.read_event(s, 'snapshot.ts', 'x') FROM s;
SELECT cdc_json.read_event(s, 'snapshot.ts', 'infinity') FROM s;
SELECT cdc_json.read_event(s, 'snapshot.lsn', '0/1', 'snapshot_lsn', '0/2') FROM s;
SELECT cdc_json.read_event(s, 'snapshot.ts', '1970-01-01 00:00+00', 'snapshot.ts', '1970-01-01 00:00+00') FROM s;
SELECT cdc_json.read_event(s, 'format', 'frame') FROM s;
SELECT cdc_json.read_event(s, 'batch.bytes', '1') FROM s;
SELECT cdc_json.read_frame(s, 'format', 'value') FROM s;
SELECT cdc_json.read_event(s, 'nonsense', '1') FROM s;
SELECT cdc_json.read_event(s, 'topic.prefix') FROM s;
-- rights are those of the query
CREATE ROLE regress_read_event;
GRANT USAGE ON SCHEMA read_event TO regress_read_event;
SET ROLE regress_read_event;
SELECT cdc_json.read_event(s) FROM s;
RESET ROLE;
GRANT SELECT (id) ON s TO regress_read_event;
SET ROLE regress_read_event;
SELECT cdc_json.read_event(s) FROM s;
RESET ROLE;
DROP FOREIGN DATA WRAPPER read_event CASCADE;
SELECT 'dropped' FROM pg_drop_replication_slot('read_event');
DROP SCHEMA read_event CASCADE;
DROP ROLE regress_read_event;
