-- Types that have no mapping: left out, or with include.unknown.datatypes the
-- text that they print, as bytes.
SET synchronous_commit = on;
SET client_min_messages = warning;
SET DateStyle = 'German';
SET TimeZone = 'Asia/Tokyo';
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = -10;
SET bytea_output = 'escape';

-- The columns of each event, their bytes read back as text.
CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, convert_from(decode(c.value, 'base64'), 'UTF8')
	FROM pg_logical_slot_peek_changes('type_unknown', NULL, NULL, VARIADIC options || ARRAY['include.unknown.datatypes', 'true']) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT data::json->'after') AS a(e),
		LATERAL json_each_text(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key NOT IN ('id', 'n') ORDER BY n, o
$$;
-- Arrays are left as they are.
CREATE FUNCTION raw(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_unknown', NULL, NULL, VARIADIC options || ARRAY['include.unknown.datatypes', 'true']) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)) AS d(d),
		LATERAL (SELECT coalesce(nullif(d->>'after', '')::json, d->'before')) AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key NOT IN ('id', 'n') ORDER BY n, o
$$;

CREATE TYPE part AS (at timestamptz, x float8);
CREATE TYPE whole AS (parts part[], b bytea, d date, "text" text, i interval);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN wrapped AS whole;
CREATE TYPE times AS RANGE (subtype = timestamptz);
CREATE TABLE plain (id int PRIMARY KEY, lsn pg_lsn, x xid, x8 xid8, c cid, t tid, s pg_snapshot, jp jsonpath, tq tsquery, mr int4multirange, r regclass, rt regtype, a aclitem, rc refcursor);
CREATE TABLE shapes (id int PRIMARY KEY, bx box, ci circle, li line, ls lseg, pa path, po polygon);
CREATE TABLE composed (id int PRIMARY KEY, w whole, dw wrapped, t times, tm times_multirange);
CREATE TABLE arrays (id int PRIMARY KEY, p part[], d positive[], bx box[], l pg_lsn[]);
CREATE TABLE required (id int PRIMARY KEY, w part NOT NULL, l pg_lsn NOT NULL, a box[] NOT NULL);
CREATE ROLE regress_cdc_role;
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.t ();
SELECT 'slot' FROM pg_create_logical_replication_slot('type_unknown', 'cdc_json');

-- Left out by default.
INSERT INTO plain (id, lsn) VALUES (0, '0/10000001');
INSERT INTO shapes (id, bx) VALUES (0, '(0,0),(1,1)');
INSERT INTO arrays (id, l) VALUES (0, '{0/10000001}');
SELECT data::json->'after' FROM pg_logical_slot_peek_changes('type_unknown', NULL, NULL);
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());

-- Types of the core. Names are qualified as far as a plain search_path does not find them.
SET search_path = elsewhere, public;
INSERT INTO plain VALUES (1, '16/B374D848', '5', '5', '6', '(0,1)', '1:5:2,3', '$.a', 'a & b', '{[1,2),[5,6)}', 'elsewhere.t', 'int4', 'regress_cdc_role=r/regress_cdc_role', 'é'),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', 'pg_class', 'part', NULL, '');
SELECT * FROM after() WHERE value IS NOT NULL;
RESET search_path;
SELECT name, value FROM raw('binary.handling.mode', 'hex') WHERE name IN ('lsn', 'rc');
SELECT name, value FROM raw('binary.handling.mode', 'base64-url-safe') WHERE name IN ('tq', 'jp');
SELECT * FROM after('debezium.quirks', 'true') EXCEPT SELECT * FROM after();
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());

-- Geometric types, as the JDBC driver prints them.
INSERT INTO shapes VALUES (1, '(0,0),(1,1)', '<(10,20),10>', '{-1,0,0}', '[(0,0),(0,1)]', '((0,0),(0,1),(0,2))', '((0,0),(0,1),(0,2))'),
	(2, '(1.5,2.5),(-3.5,-4.25)', '<(0.1,0.2),0.3>', '{1.5,2.5,1e10}', '[(1e-5,1),(2,3)]', '[(1.5,1),(2,2)]', '((1.1,1.2),(1e20,1))'),
	(3, '(-0,1e-300),(NaN,Infinity)', '<(1e7,1e-3),123456789.125>', '{0.001,-1e-7,9999999}', '[(NaN,Infinity),(-Infinity,0)]', '[(1,2)]', '((1,2))');
INSERT INTO shapes (id, pa, po) SELECT 4, ('[' || string_agg(format('(%s,%s)', g, g), ',') || ']')::path, ('(' || string_agg(format('(%s,%s)', g, g), ',') || ')')::polygon
	FROM generate_series(1, 5000) g;
SELECT id, name, left(value, 60), length(value) FROM after() WHERE value IS NOT NULL;
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());

-- What is made of other types: none of the session's settings shows.
INSERT INTO composed VALUES (1, ROW(ARRAY[ROW('2020-01-02 03:04:05.6+00', 0.30000000000000004)::part, NULL], '\x00ff', '02.01.2020', 'q" \ é', 'P1DT2H'),
	ROW(NULL, NULL, NULL, NULL, NULL), '[2020-01-02 03:04:05+00,)', '{[2020-01-02 03:04:05+00,)}');
SELECT * FROM after();
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());

-- Arrays: elements are required.
INSERT INTO arrays VALUES (1, '{"(,1)"}', '{1,2}', '{(1,1),(0,0);(3,3),(2,2)}', '{0/10000001}'), (2, '{NULL}', '{1,NULL}', '{}', '{{0/10000001,0/10000002},{0/10000003,0/10000004}}');
SELECT 'truth', * FROM raw() UNION ALL SELECT 'fits', * FROM raw('schemas.enable', 'true');
SELECT f->>'field' AS field, f::jsonb - 'field' AS schema
FROM (SELECT data FROM pg_logical_slot_peek_changes('type_unknown', NULL, NULL, 'schemas.enable', 'true', 'include.unknown.datatypes', 'true', 'binary.handling.mode', 'base64') LIMIT 1) d,
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f WHERE f->>'field' <> 'id';
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());

-- Old rows without the value.
INSERT INTO required VALUES (1, '(,)', '0/10000001', '{}');
DELETE FROM required;
SELECT * FROM raw('schemas.enable', 'true') OFFSET 3;
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());

-- Unchanged and not in the log.
CREATE TABLE toasted (id int PRIMARY KEY, n int, w whole, p path);
ALTER TABLE toasted ALTER w SET STORAGE EXTERNAL, ALTER p SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT 1, 1, ROW(NULL, NULL, NULL, repeat('x', 5000), NULL)::whole, ('[' || string_agg('(1,2)', ',') || ']')::path FROM generate_series(1, 500);
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());
UPDATE toasted SET n = 2;
SELECT 'truth', name, value FROM raw()
UNION ALL SELECT 'quirks', name, value FROM raw('debezium.quirks', 'true')
UNION ALL SELECT 'quirks, hex', name, value FROM raw('debezium.quirks', 'true', 'binary.handling.mode', 'hex')
UNION ALL SELECT 'quirks, base64', name, value FROM raw('debezium.quirks', 'true', 'binary.handling.mode', 'base64');
SELECT 'forgotten' FROM pg_replication_slot_advance('type_unknown', pg_current_wal_lsn());

-- An output function that fails: the value is null, the slot goes on. The type has enum_out, which knows no such label.
CREATE FUNCTION hostile_in(cstring) RETURNS hostile LANGUAGE internal STRICT IMMUTABLE AS 'int4in';
CREATE FUNCTION hostile_out(hostile) RETURNS cstring LANGUAGE internal STRICT STABLE AS 'enum_out';
CREATE TYPE hostile (INPUT = hostile_in, OUTPUT = hostile_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE FUNCTION geometry_in(cstring) RETURNS geometry LANGUAGE internal STRICT IMMUTABLE AS 'int4in';
CREATE FUNCTION geometry_out(geometry) RETURNS cstring LANGUAGE internal STRICT STABLE AS 'enum_out';
CREATE TYPE geometry (INPUT = geometry_in, OUTPUT = geometry_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE FUNCTION vector_in(cstring) RETURNS vector LANGUAGE internal STRICT IMMUTABLE AS 'int4in';
CREATE FUNCTION vector_out(vector) RETURNS cstring LANGUAGE internal STRICT STABLE AS 'enum_out';
CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE TYPE carrier AS (h hostile, n int);
CREATE TABLE victims (id int PRIMARY KEY, h hostile, hn hostile NOT NULL, ah hostile[], c carrier, ac carrier[], g geometry, v vector NOT NULL, ag geometry[], x text);
SELECT h FROM (VALUES ('7'::hostile)) v(h);
INSERT INTO victims VALUES (1, '7', '7', '{7,NULL}', ROW('7'::hostile, 1)::carrier, ARRAY[ROW(NULL, 1)::carrier, ROW('7'::hostile, 1)::carrier], '7', '7', '{7}', 'still here');
INSERT INTO victims (id, hn, v, x) VALUES (2, '7', '7', 'and here');
SELECT 'truth', * FROM raw()
UNION ALL SELECT 'fits', * FROM raw('schemas.enable', 'true')
UNION ALL SELECT 'quirks', * FROM raw('debezium.quirks', 'true');
SELECT count(*) FROM pg_logical_slot_get_changes('type_unknown', NULL, NULL, 'include.unknown.datatypes', 'true');

-- Nested deeply: arrays of composites of arrays of composites...
DO $$
BEGIN
	CREATE TYPE level_0 AS (a int[]);
	FOR i IN 1..60 LOOP
		EXECUTE format('CREATE TYPE level_%s AS (a level_%s[])', i, i - 1);
	END LOOP;
END $$;
CREATE TABLE deep (id int PRIMARY KEY, d level_8, e level_60);
DO $$
DECLARE x text := 'ROW(ARRAY[1])::level_0'; d text;
BEGIN
	FOR i IN 1..60 LOOP
		x := format('ROW(ARRAY[%s])::level_%s', x, i);
		IF i = 8 THEN
			d := x;
		END IF;
	END LOOP;
	EXECUTE format('INSERT INTO deep VALUES (1, %s, NULL)', d);
END $$;
SELECT name, md5(value), length(value) FROM after() WHERE value IS NOT NULL;

SELECT 'dropped' FROM pg_drop_replication_slot('type_unknown');
DROP TABLE plain, shapes, composed, arrays, required, toasted, victims, deep, elsewhere.t;
DROP SCHEMA elsewhere;
DROP ROLE regress_cdc_role;
DROP DOMAIN positive, wrapped;
DROP TYPE hostile, geometry, vector, level_0, whole, part, times CASCADE;
DROP FUNCTION after, raw;
