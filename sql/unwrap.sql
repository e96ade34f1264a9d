-- Rows alone instead of events: what Debezium's ExtractNewRecordState makes of them.  Its own records are in test/conformance.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE SCHEMA unwrap;
SET search_path = unwrap, public;
CREATE FUNCTION records(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(data, 'x{20,}', 'x...', 'g'), '("__(?:ts_ms|source_ts_us|lsn)":"?)\d+', '\10', 'g')
	FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv', 'unwrap', 'true'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('unwrap', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, name text DEFAULT 'none', big text, must text NOT NULL DEFAULT '');
ALTER TABLE t ALTER big SET STORAGE EXTERNAL, ALTER must SET STORAGE EXTERNAL;
CREATE TABLE plain (a int, "__op" text);
CREATE TABLE "all" (a int PRIMARY KEY);
SELECT 'slot' FROM pg_create_logical_replication_slot('unwrap', 'cdc_json');

-- Insert, update, change of the key, delete, truncate, message: each mode.
INSERT INTO t VALUES (1, 'one'), (2, NULL);
UPDATE t SET name = 'uno' WHERE id = 1;
UPDATE t SET id = 3 WHERE id = 2;
DELETE FROM t WHERE id = 1;
TRUNCATE t;
SELECT 'message' FROM pg_logical_emit_message(true, 'note', 'x');
SELECT * FROM records() WHERE records !~ 'srv.message';
SELECT * FROM records('delete.tombstone.handling.mode', 'drop') WHERE records ~ '"id":(1|2)\}' AND records !~ 'name';
SELECT * FROM records('delete.tombstone.handling.mode', 'rewrite') WHERE records ~ 'deleted';
SELECT * FROM records('delete.tombstone.handling.mode', 'rewrite-with-tombstone', 'add.headers', 'op') WHERE records ~ '"(d|true)"';
SELECT * FROM records('delete.tombstone.handling.mode', 'delete-to-tombstone') WHERE records ~ '"value":null';
-- the message is an event as ever
SELECT data::json->'op' FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true') WHERE data ~ '"note"';
-- format=value: a delete as null is a line, a tombstone is none
SELECT data FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true') WHERE data !~ '"note"';
SELECT data FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true', 'delete.tombstone.handling.mode', 'delete-to-tombstone') WHERE data !~ '"note"';
-- get_events: NULL is a record without value, null one with it
SELECT key, value, headers FROM cdc_json.peek_events('unwrap', NULL, NULL, 'unwrap', 'true', 'add.headers', 'op,origin') WHERE key = '{"id":1}';
SELECT key, value IS NULL FROM cdc_json.peek_events('unwrap', NULL, NULL, 'unwrap', 'true', 'delete.tombstone.handling.mode', 'delete-to-tombstone') WHERE key = '{"id":1}';
-- counts are those of the connector, which does not know the transform
SELECT data::json->>'event_count' FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true', 'provide.transaction.metadata', 'true',
	'delete.tombstone.handling.mode', 'drop') WHERE data ~ '"END"';
-- the position of what is left is the same
SELECT data::json->'headers'->>'__cdc_json.position' ~ '\.2$' FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true', 'format', 'record',
	'position.header', 'true', 'delete.tombstone.handling.mode', 'drop') WHERE data ~ 'oldkey';
CALL forget();

-- Added fields: each is there once, and none hides a column.
INSERT INTO plain VALUES (1, 'mine');
INSERT INTO "all" VALUES (1);
SELECT * FROM records('add.fields', 'op,table,ts_ms,source.ts_us,before.a,after.a,after.missing', 'add.headers', 'op,ts_ms,after.a,after.missing');
SELECT * FROM records('add.fields', 'op', 'column.exclude.list', 'unwrap\.all\.a', 'delete.tombstone.handling.mode', 'rewrite') WHERE records ~ '\.all';
SELECT * FROM records('add.fields', 'op,table', 'column.exclude.list', 'unwrap\.all\.a') WHERE records ~ '\.all';
SELECT * FROM records('column.exclude.list', 'unwrap\.all\.a') WHERE records ~ '\.all';
-- the clock is read once for a record
SELECT count(*) FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'format', 'record', 'unwrap', 'true', 'add.fields', 'ts_ms,ts_ns', 'add.headers', 'ts_us')
	WHERE data !~ '"__ts_ms":(\d+),"__ts_ns":\1(\d{3})\d{3}\},"headers":\{"__ts_us":"\1\2"';
CALL forget();

-- A topic of the row's own.
INSERT INTO t VALUES (1, 'somewhere'), (2, ''), (3, NULL);
SELECT data::json->>'topic' FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'unwrap', 'true', 'route.by.field', 'name');
-- one that is no string, and one that is not there: the table's
SELECT DISTINCT data::json->>'topic' FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'unwrap', 'true', 'route.by.field', 'id');
SELECT DISTINCT data::json->>'topic' FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'unwrap', 'true', 'route.by.field', 'nowhere');
DELETE FROM t;
CALL forget();

-- What the log does not hold: the placeholder, or without these columns.
INSERT INTO t VALUES (1, 'one', repeat('x', 3000), repeat('x', 3000));
CALL forget();
UPDATE t SET name = 'uno';
SELECT * FROM records();
SELECT * FROM records('drop.fields.header.name', '__cdc_json.unavailable');
SELECT * FROM records('drop.fields.header.name', '__cdc_json.unavailable', 'drop.fields.keep.schema.compatible', 'false', 'add.fields', 'op');
SELECT data::json->'value' FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'unwrap', 'true', 'value.converter.schemas.enable', 'true',
	'drop.fields.header.name', '__cdc_json.unavailable', 'drop.fields.keep.schema.compatible', 'false', 'add.fields', 'op');
-- nothing but what was dropped
SELECT data FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true', 'column.include.list', 'unwrap\.t\.big', 'drop.fields.header.name', '__cdc_json.unavailable',
	'add.fields', 'op,table', 'delete.tombstone.handling.mode', 'rewrite');
SELECT data FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true', 'column.include.list', 'unwrap\.t\.big', 'drop.fields.header.name', '__cdc_json.unavailable',
	'add.fields', 'op,table');
SELECT data FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true', 'column.include.list', 'unwrap\.t\.big', 'drop.fields.header.name', '__cdc_json.unavailable');
CALL forget();

-- A delete without identity has no row to extract.
INSERT INTO plain VALUES (2, 'mine');
CALL forget();
DELETE FROM plain;
SELECT * FROM records('delete.tombstone.handling.mode', 'rewrite-with-tombstone');
CALL forget();

-- Snapshots and schemas.
SELECT cdc_json.read_event(t, 'unwrap', 'true', 'column.exclude.list', '.*\.(big|must)', 'add.fields', 'op,snapshot,id,lsn') FROM t;
SELECT cdc_json.read_event(t, 'unwrap', 'true', 'column.exclude.list', '.*\.(big|must)', 'format', 'record', 'topic.prefix', 'srv', 'route.by.field', 'name', 'add.headers', 'op') FROM t;
SELECT topic, key, value, headers FROM cdc_json.snapshot('{t}', 'unwrap', 'true', 'column.exclude.list', '.*\.(big|must)', 'topic.prefix', 'srv', 'route.by.field', 'name', 'add.fields', 'snapshot');
SELECT r.value FROM t, cdc_json.frame_records(cdc_json.read_frame(t, 'unwrap', 'true', 'column.exclude.list', '.*\.(big|must)')) AS r;
SELECT cdc_json.schema('t', 'value', 'topic.prefix', 'srv', 'unwrap', 'true', 'add.fields', 'op,snapshot,lsn,before.name', 'delete.tombstone.handling.mode', 'rewrite',
	'column.exclude.list', '.*\.(big|must)');
SELECT cdc_json.schema('t', 'value', 'unwrap', 'true')::text = cdc_json.schema('t', 'envelope', 'unwrap', 'true')::text;
-- the bytes of a snapshot are those of the stream
INSERT INTO "all" VALUES (9);
SELECT cdc_json.read_event(r, 'unwrap', 'true') IN (SELECT data FROM pg_logical_slot_peek_changes('unwrap', NULL, NULL, 'unwrap', 'true')) FROM "all" AS r WHERE r.a = 9;

SELECT pg_drop_replication_slot('unwrap');
DROP SCHEMA unwrap CASCADE;
