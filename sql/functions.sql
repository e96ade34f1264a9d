-- The functions of the extension.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE SCHEMA functions;
SET search_path = functions, public;
CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'x');
SELECT 'slot' FROM pg_create_logical_replication_slot('functions', 'cdc_json');
INSERT INTO t VALUES (1), (2);
UPDATE t SET id = 3 WHERE id = 2;
DELETE FROM t WHERE id = 1;

-- get_events and peek_events: one row for each record.
SELECT seq, part, topic, key, value::json->>'op' AS op, value IS NULL AS tombstone, headers, lsn < commit_lsn AS place,
	xid = (SELECT max(xid::text::bigint) FROM cdc_json.peek_events('functions', NULL, NULL))::text::xid AS last
FROM cdc_json.peek_events('functions', NULL, NULL, 'topic.prefix', 'srv');
-- Options as for the plugin, one for each pair; also as an array.
SELECT seq, headers FROM cdc_json.peek_events('functions', NULL, NULL, 'tombstones.on.delete', 'false', 'topic_prefix', 'srv') WHERE seq > 0 OFFSET 3;
SELECT count(*) FROM cdc_json.peek_events('functions', NULL, NULL, VARIADIC ARRAY['skipped.operations', 'c,u']);
SELECT seq, part, key IS NOT NULL FROM cdc_json.peek_events('functions', NULL, NULL, 'provide.transaction.metadata', 'true') LIMIT 4;
-- upto_nchanges counts records, and stops at the end of a transaction; upto_lsn likewise.
SELECT n, count(e) FROM unnest(ARRAY[1, 2, 3, 5, 6, 100]) AS n, LATERAL cdc_json.peek_events('functions', NULL, n) AS e GROUP BY n ORDER BY n;
SELECT count(*) FROM cdc_json.peek_events('functions', (SELECT min(commit_lsn) FROM cdc_json.peek_events('functions', NULL, NULL)), NULL);
-- Reading consumes.
SELECT count(*) FROM cdc_json.get_events('functions', NULL, 1);
SELECT count(*) FROM cdc_json.get_events('functions', NULL, NULL);
SELECT count(*) FROM cdc_json.get_events('functions', NULL, NULL);
-- A message outside transactions has no xid, and a position of its own.
SELECT 'emitted' FROM pg_logical_emit_message(false, 'p', 'x');
INSERT INTO t VALUES (4);
SELECT xid IS NULL, commit_lsn = lsn, seq, part, topic, key FROM cdc_json.get_events('functions', NULL, NULL, 'topic.prefix', 'srv');

-- What is refused, and what is null.
\set VERBOSITY terse
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, 'format', 'value');
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, 'batch.bytes', '1');
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, 'batch_bytes', '1');
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, 'nope', '1');
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, 'topic.prefix');
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, NULL, 'x');
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, 'topic.prefix', NULL);
SELECT count(*) FROM cdc_json.get_events('functions', NULL, NULL, 'schemas.enable', NULL);
SELECT * FROM cdc_json.get_events('functions', NULL, NULL, VARIADIC NULL);
SELECT * FROM cdc_json.get_events(NULL, NULL, NULL);
SELECT * FROM cdc_json.get_events('functions_nope', NULL, NULL);
SELECT 'slot' FROM pg_create_logical_replication_slot('functions_other', 'test_decoding');
SELECT * FROM cdc_json.get_events('functions_other', NULL, NULL);
SELECT 'dropped' FROM pg_drop_replication_slot('functions_other');

-- frame_records reads any bytes without harm.
SELECT * FROM cdc_json.frame_records(NULL);
SELECT * FROM cdc_json.frame_records('');
SELECT * FROM cdc_json.frame_records('\x4602000000000000');
SELECT * FROM cdc_json.frame_records('\x4601000000000000');
SELECT * FROM cdc_json.frame_records('\x4601000000000001');
SELECT * FROM cdc_json.frame_records('\x46010000ffffffff00000001');
SELECT * FROM cdc_json.frame_records('\x4601000000000001ffffffff00');
SELECT * FROM cdc_json.frame_records(decode('460100000000000100000044' || repeat('00', 40) || 'ffffffff' || repeat('00', 24), 'hex'));
-- text that is none, and headers that are no JSON
SELECT * FROM cdc_json.frame_records(decode('460100000000000100000045' || repeat('00', 40) || '00000001' || repeat('00', 24) || 'ff', 'hex'));
SELECT * FROM cdc_json.frame_records(decode('460100000000000100000045' || repeat('00', 40) || '00000001' || repeat('00', 24) || '00', 'hex'));
SELECT headers FROM cdc_json.frame_records(decode('460100000000000100000050' || repeat('00', 38) || '0001' || repeat('00', 28) || '0100000100000003' || '61' || '7b7b7b', 'hex'));

-- schema: the key's, the row's, the event's; with options of the plugin; as the table is now.
SELECT cdc_json.schema('t', 'key', 'topic.prefix', 'srv');
SELECT cdc_json.schema('t', 'value', 'topic.prefix', 'srv');
SELECT cdc_json.schema('t', 'envelope', 'topic.prefix', 'srv') ->> 'name', cdc_json.schema('t', 'envelope') #>> '{fields,0,fields,1,field}';
SELECT cdc_json.schema('t', 'value', 'topic.prefix', 'srv', 'column.exclude.list', '.*\.v', 'schema.name.adjustment.mode', 'avro');
-- the same as in an event
INSERT INTO t VALUES (5);
SELECT e.value::json->>'schema' = cdc_json.schema('t', 'envelope')::text, e.key::json->>'schema' = cdc_json.schema('t', 'key')::text
FROM cdc_json.get_events('functions', NULL, NULL, 'schemas.enable', 'true') AS e;
-- No key, or not captured: null.
CREATE TABLE nokey (a int);
CREATE VIEW v AS SELECT 1 AS id;
CREATE SEQUENCE s;
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id);
SELECT cdc_json.schema('nokey', 'key') IS NULL, cdc_json.schema('t', 'value', 'table.exclude.list', '.*') IS NULL, cdc_json.schema(NULL, 'value') IS NULL,
	cdc_json.schema('t', NULL) IS NULL;
SELECT cdc_json.schema('p', 'key', 'topic.prefix', 'srv');
SELECT cdc_json.schema('t', 'nope');
SELECT cdc_json.schema('v', 'value');
SELECT cdc_json.schema('s', 'value');
SELECT cdc_json.schema('t_pkey', 'value');
SELECT cdc_json.schema('pg_class', 'value');
SELECT cdc_json.schema(0, 'value');
SELECT cdc_json.schema('t', 'value', 'nope', 'x');

-- options: each with its kind and meaning.
SELECT count(*) > 40, count(*) = count(DISTINCT name), bool_and(type <> '' AND description <> '') FROM cdc_json.options();
SELECT name, type, "default" FROM cdc_json.options() WHERE name IN ('format', 'batch.bytes', 'topic.prefix', 'debezium.quirks');

-- check: anybody may; what is in order and what is not, and what to do then.
CREATE ROLE functions_nobody;
SET ROLE functions_nobody;
-- (a server whose minor release is older than the list loads any plugin)
SELECT item, ok, CASE detail WHEN 'this server loads any plugin' THEN 'cdc_json is listed' ELSE detail END AS detail, hint
	FROM cdc_json."check"() WHERE item IN ('wal_level', 'output_plugin_libraries', 'encoding', 'privileges');
SELECT count(*) > 8, count(*) FILTER (WHERE ok IS NULL OR detail IS NULL), count(*) FILTER (WHERE NOT ok AND hint IS NULL) FROM cdc_json."check"();
RESET ROLE;
SELECT item, ok, detail ~ 'functions.nokey|nokey' FROM cdc_json."check"() WHERE item IN ('replica identity', 'keys');
SELECT item, ok, detail FROM cdc_json."check"('column.mask.with.3.chars', 'functions\.t\.v,functions\.t\.nope', 'schema.include.list', 'nope,functions',
	'message.key.columns', 'functions.t:id;nope:x') WHERE item ~ 'option';
SELECT item, ok, detail ~ '^not active, WAL reserved, ' FROM cdc_json."check"() WHERE item ~ 'slot "functions';
SELECT * FROM cdc_json."check"('nope', 'x');

DROP ROLE functions_nobody;
SELECT 'dropped' FROM pg_drop_replication_slot('functions');
DROP SCHEMA functions CASCADE;
