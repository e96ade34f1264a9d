-- One message of each kind, word for word: the order of members is the
-- connector's.  Numbers that differ from run to run are 0.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA envelope;
SET search_path = envelope, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(data,
		'"(ts_[mun]s|txId|lsn)":\d+', '"\1":0', 'g'),
		'\\"\d+\\"', '\\"0\\"', 'g'),
		'"\d+:\d+"', '"0:0"', 'g'),
		'[0-9a-f]{16}\.|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}', '', 'g')
	FROM pg_logical_slot_peek_changes('envelope', NULL, NULL, VARIADIC ARRAY['topic.prefix', 'srv', 'skipped.operations', 'none'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('envelope', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT 'slot' FROM pg_create_logical_replication_slot('envelope', 'cdc_json');

-- Create, update, delete, truncate: an update of the row as it was says nothing of before.
INSERT INTO t VALUES (1, 'a');
UPDATE t SET v = 'b';
DELETE FROM t;
TRUNCATE t;
SELECT * FROM events();

-- As records: key, value and headers of each; the delete is followed by its tombstone, and a truncate has no key.
SELECT * FROM events('format', 'record');

-- With schemas, keys and values have two members each.
SELECT * FROM events('format', 'record', 'schemas.enable', 'true', 'table.include.list', 'envelope.t') LIMIT 1;

-- Headers come in the connector's order, ours after them: the position of each record, and a tombstone is part 1.
SELECT e::json->'headers' FROM events('format', 'record', 'position.header', 'true', 'extended.headers.enabled', 'true') AS e;

-- BEGIN and END around each transaction; the block within, and the counts; also where all tables are left out.
SELECT * FROM events('format', 'record', 'provide.transaction.metadata', 'true') LIMIT 3;
SELECT * FROM events('format', 'record', 'provide.transaction.metadata', 'true', 'schemas.enable', 'true', 'table.exclude.list', '.*') LIMIT 2;
CALL forget();

-- A key change is three records of one change, whose headers name the other key.
INSERT INTO t VALUES (1, 'a');
UPDATE t SET id = 2;
SELECT * FROM events('format', 'record', 'position.header', 'true') OFFSET 1;
CALL forget();

-- A message has fewer clocks and other members, its own topic and key; outside transactions it has no transaction id.
SELECT 'emitted' FROM pg_logical_emit_message(false, 'pre', 'hello');
SELECT 'emitted' FROM pg_logical_emit_message(true, 'pre', 'hello');
SELECT * FROM events('format', 'record', 'position.header', 'true', 'provide.transaction.metadata', 'true');
SELECT * FROM events('format', 'record', 'schemas.enable', 'true') LIMIT 1;
CALL forget();

-- What debezium.quirks changes in an envelope: extended headers by default, and with an explicit wish the snapshot flag is null.
INSERT INTO t VALUES (3, NULL);
SELECT * FROM events('format', 'record', 'debezium.quirks', 'true');
SELECT e::json->'source'->'snapshot' FROM events('debezium.quirks', 'true', 'replace.null.with.default', 'false') AS e;
SELECT e::json->'source'->'snapshot' FROM events('replace.null.with.default', 'false') AS e;

SELECT 'dropped' FROM pg_drop_replication_slot('envelope');
DROP SCHEMA envelope CASCADE;
