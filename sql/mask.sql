-- Masks, hashes and truncation: what they make of values, of nulls, of the
-- constants that stand for values, and that nothing passes them in clear.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE SCHEMA mask;
SET search_path = mask, public;

CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (op text, before json, after json, key text) LANGUAGE sql AS $$
	SELECT v->>'op', v->'before', v->'after', COALESCE(k->'payload', k)::text
	FROM pg_logical_slot_peek_changes('mask', NULL, NULL, VARIADIC ARRAY['format', 'record'] || options),
		LATERAL (SELECT data::json->'value', data::json->'key') AS r(r, k),
		LATERAL (SELECT COALESCE(r->'payload', r)) AS v(v)
	WHERE json_typeof(r) <> 'null'
$$;
CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF json LANGUAGE sql AS $$
	SELECT after FROM events(VARIADIC options) WHERE op <> 'd'
$$;
-- The parameters of each column's schema.
CREATE FUNCTION parameters(VARIADIC options text[]) RETURNS TABLE (field text, type text, parameters json) LANGUAGE sql AS $$
	SELECT f->>'field', f->>'type', f->'parameters'
	FROM (SELECT data FROM pg_logical_slot_peek_changes('mask', NULL, NULL, VARIADIC ARRAY['schemas.enable', 'true'] || options) LIMIT 1) d,
		LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f
	WHERE f->'parameters' IS NOT NULL
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('mask', pg_current_wal_lsn());
END $$;

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, x text, v varchar(20), c char(5), qc "char", n name, m mood, nn text NOT NULL);
CREATE TABLE o (id int PRIMARY KEY, i int, j json, u uuid, b bytea, bt bit(20), a text[], n numeric(9,2), ts timestamptz);
SELECT 'slot' FROM pg_create_logical_replication_slot('mask', 'cdc_json');

-- The check values of Debezium's tests: version 1 is Java's serialisation, version 2 the UTF-8 text.
INSERT INTO t (id, x, v, nn) VALUES (1, 'test', 'test', 'hello');
SELECT a->>'x' AS x, a->>'v' AS v, a->>'nn' AS nn FROM after('column.mask.hash.SHA-256.with.salt.CzQMA0cB5K', 'mask.t.(x|v|nn)') a;
SELECT a->>'x' AS x, a->>'v' AS v FROM after('column.mask.hash.v2.SHA-256.with.salt.CzQMA0cB5K', 'mask.t.(x|v)') a;

-- All algorithms, against the server's own.
SELECT alg, a->>'x' = encode(f, 'hex') AS same
FROM (VALUES ('MD5', decode(md5('salttest'), 'hex')), ('SHA-224', sha224('salttest')), ('SHA-256', sha256('salttest')),
	('SHA-384', sha384('salttest')), ('sha-512', sha512('salttest'))) v(alg, f),
	LATERAL after('column.mask.hash.v2.' || alg || '.with.salt.salt', 'mask.t.x') a;
SELECT a->>'x' FROM after('column.mask.hash.v2.SHA-1.with.salt.salt', 'mask.t.x') a;
CALL forget();

-- Modified UTF-8, and the two forms of a length.
INSERT INTO t (id, x, nn) VALUES (2, 'é日😀', ''), (3, repeat('x', 65535), ''), (4, repeat('x', 65536), ''), (5, repeat('é', 40000), '');
SELECT a->>'id' AS id, a->>'x' = encode(sha256('s'::bytea || j), 'hex') AS same FROM (VALUES
	(2, '\xaced000574000bc3a9e697a5eda0bdedb880'::bytea), (3, '\xaced000574ffff' || convert_to(repeat('x', 65535), 'UTF8')),
	(4, '\xaced00057c0000000000010000' || convert_to(repeat('x', 65536), 'UTF8')),
	(5, '\xaced00057c0000000000013880' || convert_to(repeat('é', 40000), 'UTF8'))) v(id, j)
	JOIN after('column.mask.hash.SHA-256.with.salt.s', 'mask.t.x') a ON v.id = (a->>'id')::int;
CALL forget();

-- Which columns: by default all kinds; the connector's only character types. A null stays null under a hash, not under a mask.
DELETE FROM t;
CALL forget();
INSERT INTO t VALUES (1, 'x', 'v', 'c', 'q', 'n', 'ok', 'nn'), (2, NULL, NULL, NULL, NULL, NULL, NULL, '');
INSERT INTO o VALUES (3, 7, '{"a":1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\x0102', 5::bit(20), '{secret,b}', 1.5, '2020-01-01 12:00Z'),
	(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT after('column.mask.with.3.chars', 'mask\.[to]\.[^i].*,mask\.o\.i');
SELECT after('column.mask.with.3.chars', 'mask\.[to]\.[^i].*,mask\.o\.i', 'schemas.enable', 'true');
SELECT after('column.mask.with.3.chars', 'mask\.[to]\.[^i].*,mask\.o\.i', 'debezium.quirks', 'true');
SELECT after('column.mask.hash.v2.MD5.with.salt.s', 'mask\.[to]\.[^i].*,mask\.o\.i');
SELECT after('column.mask.hash.v2.MD5.with.salt.s', 'mask\.[to]\.[^i].*,mask\.o\.i', 'schemas.enable', 'true');
SELECT after('column.mask.hash.v2.MD5.with.salt.s', 'mask\.[to]\.[^i].*,mask\.o\.i', 'debezium.quirks', 'true');
SELECT after('column.mask.with.0.chars', 'mask.t.x') LIMIT 1;
-- What is hashed: the text, or the JSON of what has none.
SELECT a->>'i' = md5('s7') AS i, a->>'j' = md5('s{"a":1}') AS j, a->>'b' = md5('sAQI=') AS b, a->>'a' = md5('s["secret","b"]') AS a
FROM after('column.mask.hash.v2.MD5.with.salt.s', 'mask\.o\..*') a LIMIT 1 OFFSET 2;

-- Truncation: characters, bytes, JSON text, the elements of an array.
SELECT after('column.truncate.to.1.chars', '.*');
SELECT after('column.truncate.to.1.chars', '.*', 'debezium.quirks', 'true');
SELECT after('column.truncate.to.3.chars', '.*') OFFSET 2;
SELECT a->'b' AS b FROM after('column.truncate.to.1.chars', '.*', 'binary.handling.mode', 'hex') a OFFSET 2 LIMIT 1;

-- Parameters of the schema: set also where the mapper does nothing, but not for a column that is short enough.
SELECT * FROM parameters('column.truncate.to.5.chars', '.*', 'debezium.quirks', 'true');
SELECT field FROM parameters('column.mask.with.5.chars', '.*', 'debezium.quirks', 'true') WHERE parameters->>'masked' = 'true';
DELETE FROM t;
DELETE FROM o;
CALL forget();

-- UTF-16 units are counted; the connector leaves half a pair where it cuts one.
INSERT INTO t (id, x, nn) VALUES (1, '😀é', 'aé日😀');
SELECT n, (a->'x')::text AS x, (a->'nn')::text AS nn, q[1] AS quirks_x, q[2] AS quirks_nn FROM generate_series(0, 6) n,
	LATERAL after('column.truncate.to.' || n || '.chars', 'mask.t.(x|nn)') a,
	LATERAL pg_logical_slot_peek_changes('mask', NULL, NULL, 'column.truncate.to.' || n || '.chars', 'mask.t.(x|nn)', 'debezium.quirks', 'true'),
	LATERAL regexp_match(data, '"x":("[^"]*").*"nn":("[^"]*")') q;
CALL forget();

-- Bytes: every remainder.
INSERT INTO o (id, b, bt) SELECT g, substr('\x0102030405060708'::bytea, 1, g), ((g * 4321) % 1048576)::bit(20) FROM generate_series(0, 8) g;
SELECT count(*), bool_and(decode(m->>'b', 'base64') = substr(o.b, 1, chars)) AS same,
	bool_and(decode(m->>'bt', 'base64') = substr(decode(w->>'bt', 'base64'), 1, chars)) AS bits
FROM generate_series(0, 8) chars, LATERAL after('column.truncate.to.' || chars || '.chars', 'mask.o.(b|bt)') m
	JOIN o ON (m->>'id')::int = o.id JOIN after() w ON w->>'id' = m->>'id';
DELETE FROM t;
CALL forget();

-- Rows that the server sends in part, and values that are not in the log.
ALTER TABLE t ALTER x SET STORAGE EXTERNAL, ALTER nn SET DEFAULT 'secret';
INSERT INTO t VALUES (1, repeat('x', 5000), NULL, NULL, NULL, NULL, NULL, 'secret');
CALL forget();
UPDATE t SET v = 'a' WHERE id = 1;
DELETE FROM t WHERE id = 1;
SELECT op, before, after FROM events('column.mask.with.3.chars', 'mask.t.(x|v|nn)');
SELECT op, before, after FROM events('column.mask.with.3.chars', 'mask.t.(x|v|nn)', 'debezium.quirks', 'true');
SELECT op, before, after FROM events('column.mask.hash.v2.MD5.with.salt.s', 'mask.t.(x|v|nn)');
SELECT op, before, after FROM events('column.mask.hash.v2.MD5.with.salt.s', 'mask.t.(x|v|nn)', 'debezium.quirks', 'true');
SELECT op, before, after FROM events('column.truncate.to.2.chars', 'mask.t.(x|v|nn)');
SELECT op, before, after FROM events('column.truncate.to.2.chars', 'mask.t.(x|v|nn)', 'debezium.quirks', 'true');
CALL forget();

-- Keys: hashed like the row; none with a constant mask; clear in the connector.
CREATE TABLE k (id text PRIMARY KEY, x int);
INSERT INTO k VALUES ('secret', 1);
UPDATE k SET x = 2;
DELETE FROM k;
SELECT op, before, after, key FROM events('column.mask.hash.v2.MD5.with.salt.s', 'mask.k.id');
SELECT op, before, after, key FROM events('column.mask.with.3.chars', 'mask.k.id');
SELECT op, before, after, key FROM events('column.mask.with.3.chars', 'mask.k.id', 'debezium.quirks', 'true');
CALL forget();

-- Long values.
INSERT INTO t (id, x, nn) VALUES (1, repeat('é', 1000000), repeat('x', 1000000));
SELECT a->>'x' = md5('s' || x) AS x, a->>'nn' = md5('s' || nn) AS nn FROM after('column.mask.hash.v2.MD5.with.salt.s', 'mask.t.(x|nn)') a, t;
SELECT length(a->>'x') AS x, length(a->>'nn') AS nn FROM after('column.truncate.to.60000.chars', 'mask.t.(x|nn)') a;
CALL forget();

-- The text "secret" is nowhere, whatever the type.
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TYPE comp AS (a text);
CREATE TABLE hidden (id int PRIMARY KEY, x text DEFAULT 'secret', v varchar DEFAULT 'secret', c bpchar, n name, j json, jb jsonb, xm xml, a text[],
	aa text[], h hstore, ah hstore[], cp comp, ac comp[], r xid, b bytea, tv tsvector);
INSERT INTO hidden VALUES (1, 'secret', 'secret', 'secret', 'secret', '"secret"', '"secret"', 'secret', '{secret}', '{{secret},{secret}}',
	'secret=>secret', '{secret=>secret}', '(secret)', '{(secret)}', '1', 'secret', 'secret');
SELECT rule, variant, count(*) FILTER (WHERE data ~ 'secret|c2VjcmV0|NlY3JldA|zZWNyZXQ|736563726574') AS leaks
FROM (VALUES (ARRAY['column.mask.with.3.chars', '.*\.hidden\.[^i].*']), (ARRAY['column.mask.hash.SHA-256.with.salt.s', '.*\.hidden\.[^i].*']),
	(ARRAY['column.truncate.to.3.chars', '.*\.hidden\.[^i].*'])) r(rule),
	(VALUES (ARRAY[]::text[]), (ARRAY['schemas.enable', 'true']), (ARRAY['hstore.handling.mode', 'map', 'binary.handling.mode', 'hex']),
	(ARRAY['schemas.enable', 'true', 'hstore.handling.mode', 'map'])) v(variant),
	LATERAL pg_logical_slot_peek_changes('mask', NULL, NULL, VARIADIC rule || variant || ARRAY['include.unknown.datatypes', 'true'])
GROUP BY 1, 2 ORDER BY 1, 2;

SELECT 'dropped' FROM pg_drop_replication_slot('mask');
DROP SCHEMA mask CASCADE;
