-- The types of pgvector. Only their names and the form that they print
-- matter: stand-ins that keep the text need no extension.
SET synchronous_commit = on;
SET client_min_messages = warning;

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_vector', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)) AS d(d),
		LATERAL (SELECT coalesce(nullif(d->>'after', '')::json, d->'before')) AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key NOT IN ('id', 'n') ORDER BY n, o
$$;
CREATE SCHEMA ai;
SET search_path = public, ai;
CREATE FUNCTION ai.vector_in(cstring) RETURNS ai.vector LANGUAGE internal STRICT IMMUTABLE AS 'textin';
CREATE FUNCTION ai.vector_out(ai.vector) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'textout';
CREATE TYPE ai.vector (INPUT = ai.vector_in, OUTPUT = ai.vector_out, STORAGE = external);
CREATE FUNCTION ai.halfvec_in(cstring) RETURNS ai.halfvec LANGUAGE internal STRICT IMMUTABLE AS 'textin';
CREATE FUNCTION ai.halfvec_out(ai.halfvec) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'textout';
CREATE TYPE ai.halfvec (INPUT = ai.halfvec_in, OUTPUT = ai.halfvec_out, STORAGE = external);
CREATE FUNCTION ai.sparsevec_in(cstring) RETURNS ai.sparsevec LANGUAGE internal STRICT IMMUTABLE AS 'textin';
CREATE FUNCTION ai.sparsevec_out(ai.sparsevec) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'textout';
CREATE TYPE ai.sparsevec (INPUT = ai.sparsevec_in, OUTPUT = ai.sparsevec_out, STORAGE = external);
CREATE TABLE vectors (id int PRIMARY KEY, n int, v vector, h halfvec, s sparsevec);
CREATE TABLE arrays (id int PRIMARY KEY, v vector[], h halfvec[], s sparsevec[]);
CREATE TABLE required (id int PRIMARY KEY, v vector NOT NULL, h halfvec NOT NULL, s sparsevec NOT NULL);
SELECT 'slot' FROM pg_create_logical_replication_slot('type_vector', 'cdc_json');

-- vector as doubles, halfvec as floats, from the printed digits.
INSERT INTO vectors VALUES
	(1, 1, '[0.1,1e-10,-3,1e+10,3.4028235e+38,-0]', '[0.1,65504,5.9604645e-08,-0]', '{1:201,9:209.5}/3000'),
	(2, 1, '[1]', '[1]', '{}/5');
-- The pairs of a sparsevec come in the order of a Java map.
INSERT INTO vectors VALUES (3, 1, NULL, NULL, '{1:1,17:2,3:3}/100'),
	(4, 1, NULL, NULL, '{1:1,2:2,3:3,4:4,5:5,6:6,7:7,33:8,34:9,65:10,1000:11,2000:12,3000:13}/10000');
SELECT * FROM after() WHERE value <> 'null';
SELECT * FROM after('debezium.quirks', 'true') EXCEPT SELECT * FROM after();
SELECT * FROM after('schemas.enable', 'true') EXCEPT SELECT * FROM after();

-- The schemas.
SELECT f->>'field' AS field, f::jsonb - 'field' AS schema
FROM (SELECT data FROM pg_logical_slot_peek_changes('type_vector', NULL, NULL, 'schemas.enable', 'true') LIMIT 1) d,
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f WHERE f->>'field' IN ('v', 'h', 's');
SELECT 'forgotten' FROM pg_replication_slot_advance('type_vector', pg_current_wal_lsn());

-- Dimensions beyond a short: a fact, but no value of the schema.
INSERT INTO vectors (id, s) VALUES (5, '{1:1,40000:2}/1000000000');
SELECT 'truth', * FROM after() WHERE name = 's'
UNION ALL SELECT 'fits', * FROM after('schemas.enable', 'true') WHERE name = 's'
UNION ALL SELECT 'quirks', * FROM after('debezium.quirks', 'true') WHERE name = 's';
SELECT 'forgotten' FROM pg_replication_slot_advance('type_vector', pg_current_wal_lsn());

-- Other types of these names: null, and decoding goes on.
INSERT INTO vectors VALUES (6, 1, '', '[', '{'), (7, 1, '[1,', '[1,]', '{1:1}'), (8, 1, '[x]', '[1 2]', '{1:1,}/1'),
	(9, 1, '1', '{1}', '{1:}/1'), (10, 1, '[1,,2]', '[ 1]', '{1:1/1'), (11, 1, '[nan]', '[0x10]', '{1:1}/x'),
	(12, 1, '[1]x', '[1][', '{99999999999:1}/1'), (13, 1, '[-]', '[+1]', '{-1:1}/1'), (14, 1, '[1]', '[1e99]', '/');
SELECT id, string_agg(name || ' = ' || value, ', ') FROM after() GROUP BY 1 ORDER BY id::int;
SELECT 'forgotten' FROM pg_replication_slot_advance('type_vector', pg_current_wal_lsn());

-- Arrays of them: elements are required, and the connector has none of sparsevec.
INSERT INTO arrays VALUES (1, '{"[1,2]","[3]"}', '{"[0.1]"}', '{"{1:2}/3"}'), (2, '{"[1]",NULL}', '{}', '{}'), (3, '{{"[1]"},{"[2]"}}', '{NULL}', '{x}');
SELECT 'truth', * FROM after()
UNION ALL SELECT 'fits', * FROM after('schemas.enable', 'true')
UNION ALL SELECT 'quirks', * FROM after('debezium.quirks', 'true');
SELECT 'forgotten' FROM pg_replication_slot_advance('type_vector', pg_current_wal_lsn());

-- Old rows without the value.
INSERT INTO required VALUES (1, '[1]', '[1]', '{}/1');
DELETE FROM required;
SELECT 'truth', * FROM after() OFFSET 3;
SELECT 'fits', * FROM after('schemas.enable', 'true') OFFSET 3;
SELECT 'forgotten' FROM pg_replication_slot_advance('type_vector', pg_current_wal_lsn());

-- Long ones, and one that the log does not hold.
INSERT INTO vectors SELECT 20, 1, ('[' || string_agg((g / 8.0)::float8::text, ',') || ']')::vector, NULL, ('{' || string_agg(g || ':' || g, ',') || '}/32767')::sparsevec
	FROM generate_series(1, 16000) g;
UPDATE vectors SET n = 2 WHERE id = 20;
SELECT name, md5(value), left(value, 40) FROM after() WHERE value <> 'null';
SELECT (SELECT array_agg(x::float8) FROM json_array_elements_text(value::json) x) = translate(v::text, '[]', '{}')::float8[] AS same
	FROM (SELECT * FROM after() LIMIT 1) a, vectors WHERE vectors.id = 20;

SELECT 'dropped' FROM pg_drop_replication_slot('type_vector');
DROP TABLE vectors, arrays, required;
DROP SCHEMA ai CASCADE;
DROP FUNCTION after;
