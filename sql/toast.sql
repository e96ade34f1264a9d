-- Values out of line that an update leaves as they are: the log does not hold them.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA toast;
SET search_path = toast, public;
-- Long values are cut for show.
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(concat_ws(' ', v->>'op', data::json->'key', v->'before', v->'after', data::json->>'headers'),
		'(x{3})x+', '\1', 'g'), '((\d+,){3})(\d+,)+', '\1', 'g')
	FROM pg_logical_slot_peek_changes('toast', NULL, NULL, VARIADIC ARRAY['format', 'record', 'tombstones.on.delete', 'false'] || options),
		LATERAL (SELECT coalesce(data::json->'value'->'payload', data::json->'value')) AS x(v)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('toast', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, n int, x text, y text NOT NULL, by bytea, i int[], a text[], u uuid[], j jsonb, d numeric);
ALTER TABLE t ALTER x SET STORAGE EXTERNAL, ALTER y SET STORAGE EXTERNAL, ALTER by SET STORAGE EXTERNAL, ALTER i SET STORAGE EXTERNAL,
	ALTER a SET STORAGE EXTERNAL, ALTER u SET STORAGE EXTERNAL, ALTER j SET STORAGE EXTERNAL, ALTER d SET STORAGE EXTERNAL;
INSERT INTO t SELECT 1, 1, repeat('x', 3000), repeat('x', 3000), decode(repeat('ab', 3000), 'hex'), array_agg(g), ARRAY[repeat('x', 3000)],
	array_agg('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid), to_jsonb(repeat('x', 3000)), repeat('7', 9000)::numeric
	FROM generate_series(1, 1000) AS g;
SELECT 'slot' FROM pg_create_logical_replication_slot('toast', 'cdc_json');

-- The placeholder in the place of each, whatever its type, and a header that names them.
UPDATE t SET n = 2;
SELECT * FROM events();
-- With schemas only where it fits, null elsewhere.
SELECT * FROM events('schemas.enable', 'true', 'key.converter.schemas.enable', 'false');
-- With quirks the connector's values, and no header of ours.
SELECT * FROM events('debezium.quirks', 'true', 'extended.headers.enabled', 'false');
SELECT o, e FROM unnest(ARRAY['hex', 'base64']) AS o, LATERAL events('debezium.quirks', 'true', 'extended.headers.enabled', 'false', 'binary.handling.mode', o, 'column.include.list', '.*\.by') AS e;
-- A placeholder of one's own; a masked column shows its mask and is named nevertheless.
SELECT * FROM events('unavailable.value.placeholder', 'NA', 'column.exclude.list', 'toast\.t\.[^nx]*', 'column.mask.with.3.chars', 'toast.t.x');
CALL forget();

-- A value that is new, or null, is there; also one that is out of line itself.
UPDATE t SET x = repeat('x', 4000), j = NULL;
SELECT * FROM events('column.include.list', '.*\.(id|x|j|y)');
CALL forget();

-- The create half of a key change does not know them either.
UPDATE t SET id = 2;
SELECT * FROM events('column.include.list', '.*\.(id|x)');
CALL forget();

-- FULL: the old row has them, so the new one does.
ALTER TABLE t REPLICA IDENTITY FULL;
UPDATE t SET n = 3;
UPDATE t SET id = 3;
SELECT * FROM events('column.include.list', '.*\.(id|x|i)');
SELECT count(*), bool_and(data::json->'after'->>'x' = repeat('x', 4000)) FROM pg_logical_slot_peek_changes('toast', NULL, NULL) WHERE data::json->>'op' <> 'd';
SELECT * FROM events('column.include.list', '.*\.(id|x|i)', 'debezium.quirks', 'true', 'extended.headers.enabled', 'false');
-- nothing changed, then
SELECT data::json->>'op' FROM pg_logical_slot_peek_changes('toast', NULL, NULL, 'skip.messages.without.change', 'true', 'column.include.list', '.*\.(id|x)');
CALL forget();

-- NOTHING: unavailable.
ALTER TABLE t REPLICA IDENTITY NOTHING;
UPDATE t SET n = 4;
SELECT * FROM events('column.include.list', '.*\.(id|x)');
CALL forget();

-- A key out of line: the server sends the old one with every update, so it is known, and is no other one.
CREATE TABLE k (x text PRIMARY KEY, v int);
ALTER TABLE k ALTER x SET STORAGE EXTERNAL;
INSERT INTO k VALUES (repeat('x', 2100), 1);
UPDATE k SET v = 2;
DELETE FROM k;
SELECT * FROM events();
CALL forget();

-- USING INDEX likewise, and a key of one's own choice is not known: unavailable.
CREATE TABLE m (id int PRIMARY KEY, x text, v int);
ALTER TABLE m ALTER x SET STORAGE EXTERNAL;
INSERT INTO m VALUES (1, repeat('x', 2100), 1);
CALL forget();
UPDATE m SET v = 2;
SELECT * FROM events('message.key.columns', 'toast.m:x');

-- Rows of one COPY, compressed values, and values put together from the log are whole.
CALL forget();
CREATE TABLE c (id int PRIMARY KEY, x text, e text);
ALTER TABLE c ALTER e SET STORAGE EXTERNAL;
INSERT INTO c SELECT g, repeat(g::text, 10000), repeat(g::text, 3000) FROM generate_series(1, 3) AS g;
INSERT INTO c VALUES (3, 'conflict', 'conflict') ON CONFLICT (id) DO UPDATE SET x = EXCLUDED.x || repeat('z', 5000);
SELECT data::json->'after'->'id', left(data::json->'after'->>'x', 9), length(data::json->'after'->>'x'), left(data::json->'after'->>'e', 28),
	length(data::json->'after'->>'e') FROM pg_logical_slot_peek_changes('toast', NULL, NULL);

SELECT 'dropped' FROM pg_drop_replication_slot('toast');
DROP SCHEMA toast CASCADE;
