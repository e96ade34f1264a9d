-- hstore: as the text of a JSON object, and as a map.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE SCHEMA type_hstore;
SET search_path = type_hstore, public;

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, h text) LANGUAGE sql AS $$
	SELECT e->>'id', (e->'h')::text
	FROM pg_logical_slot_peek_changes('type_hstore', NULL, NULL, VARIADIC options),
		LATERAL (SELECT COALESCE(data::json->'payload', data::json)->'after') AS a(e)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_hstore', pg_current_wal_lsn());
END $$;

CREATE EXTENSION IF NOT EXISTS hstore;
CREATE DOMAIN dictionary AS hstore;
CREATE TABLE t (id int PRIMARY KEY, h hstore);
CREATE TABLE d (id int PRIMARY KEY, h dictionary NOT NULL);
CREATE TABLE a (id int PRIMARY KEY, h hstore[]);
SELECT 'slot' FROM pg_create_logical_replication_slot('type_hstore', 'cdc_json');

-- Nulls, empty ones, escapes twice, characters beyond the BMP, the order of a Java HashMap.
INSERT INTO t VALUES (1, 'key=>val'), (2, ''), (3, NULL), (4, 'a=>NULL, b=>"NULL", c=>""'),
	(5, hstore(E'q"\\', E'\b\f\n\r\t\x01\x1f\x0b/''=>, ')), (6, 'é=>日本語, 😀=>🎉'),
	(7, 'key1=>1, key2=>2, key3=>3, key4=>4, key5=>5'), (8, '""=>"", " "=>" "');
INSERT INTO d VALUES (9, 'a=>b');
INSERT INTO a VALUES (10, ARRAY['a=>b'::hstore, NULL, '']);
SELECT * FROM after();
SELECT * FROM after('hstore.handling.mode', 'map');

-- The text is JSON, and holds what the value holds.
SELECT count(*), bool_and(hstore_to_jsonb(t.h) = (a.h::json #>> '{}')::jsonb) AS json, bool_and(hstore_to_jsonb(t.h) = m.h::jsonb) AS map
FROM t JOIN after() a ON t.id = a.id::int JOIN after('hstore.handling.mode', 'map') m ON t.id = m.id::int WHERE t.h IS NOT NULL;
SELECT mode, f FROM unnest('{json,map}'::text[]) mode,
	LATERAL (SELECT data FROM pg_logical_slot_peek_changes('type_hstore', NULL, NULL, 'schemas.enable', 'true', 'hstore.handling.mode', mode) LIMIT 1) d,
	LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f WHERE f->>'field' = 'h';
CALL forget();

-- Many pairs, long values.
INSERT INTO t SELECT 100 + n, (SELECT hstore(array_agg('k' || g), array_agg(CASE WHEN g % 7 <> 0 THEN md5(g::text) END)) FROM generate_series(1, n) g)
	FROM unnest('{1,12,13,24,25,100,3000}'::int[]) n;
INSERT INTO t VALUES (99, hstore('long', repeat('é"', 300000)));
SELECT count(*), bool_and(hstore_to_jsonb(t.h) = (a.h::json #>> '{}')::jsonb) AS json, bool_and(hstore_to_jsonb(t.h) = m.h::jsonb) AS map
FROM t JOIN after() a ON t.id = a.id::int JOIN after('hstore.handling.mode', 'map') m ON t.id = m.id::int WHERE t.h IS NOT NULL;
SELECT string_agg(k, ' ' ORDER BY o) FROM after('hstore.handling.mode', 'map') a, LATERAL json_object_keys(a.h::json) WITH ORDINALITY AS x(k, o) WHERE a.id = '113';
CALL forget();

-- Not in the log, or not sent.
ALTER TABLE t ALTER h SET STORAGE EXTERNAL;
INSERT INTO t VALUES (300, hstore('long', repeat('x', 9000)));
CALL forget();
UPDATE t SET id = 301 WHERE id = 300;
DELETE FROM d;
SELECT a.* FROM unnest('{json,map}'::text[]) mode, LATERAL after('hstore.handling.mode', mode) a WHERE id = '301'
UNION ALL SELECT a.* FROM unnest('{json,map}'::text[]) mode, LATERAL after('schemas.enable', 'true', 'hstore.handling.mode', mode) a WHERE id = '301'
UNION ALL SELECT a.* FROM unnest('{json,map}'::text[]) mode, LATERAL after('debezium.quirks', 'true', 'hstore.handling.mode', mode) a WHERE id = '301';
SELECT mode, (data::json->'payload'->'before'->'h')::text FROM unnest('{json,map}'::text[]) mode,
	LATERAL pg_logical_slot_peek_changes('type_hstore', NULL, NULL, 'schemas.enable', 'true', 'hstore.handling.mode', mode)
WHERE data::json->'payload'->'source'->>'table' = 'd';

-- A type that only has the name is not one.
CALL forget();
DROP EXTENSION hstore CASCADE;
CREATE TYPE hstore AS (h text);
CREATE TABLE fake (id int PRIMARY KEY, h hstore);
INSERT INTO fake VALUES (1, '(a)');
SELECT * FROM after();
SELECT * FROM after('include.unknown.datatypes', 'true');

SELECT 'dropped' FROM pg_drop_replication_slot('type_hstore');
DROP SCHEMA type_hstore CASCADE;
