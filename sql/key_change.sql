-- An update that changes the key: delete and tombstone of the old one, create of the new one.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA key_change;
SET search_path = key_change, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', coalesce(data::json->'value'->>'op', 'tombstone'), data::json->'key',
		data::json->'value'->'before', data::json->'value'->'after',
		regexp_replace(data::json->>'headers', '[0-9a-f]{16}\.', '', 'g'))
	FROM pg_logical_slot_peek_changes('key_change', NULL, NULL, VARIADIC ARRAY['format', 'record', 'position.header', 'true'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('key_change', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE two (a int, b text, v int, PRIMARY KEY (b, a));
INSERT INTO t VALUES (1, 'x');
INSERT INTO two VALUES (1, 'b', 3);
SELECT 'slot' FROM pg_create_logical_replication_slot('key_change', 'cdc_json');

-- Three records of one change: they share the change's number; each half names the other key.
UPDATE t SET id = 2;
UPDATE two SET a = 2;
SELECT * FROM events();

-- Without tombstones; the create is part 2 all the same.
SELECT * FROM events('tombstones.on.delete', 'false');

-- Each half is skipped by its own letter, both by the update's.
SELECT o, e FROM unnest(ARRAY['d', 'c', 'u', 'c,d']) AS o LEFT JOIN LATERAL events('skipped.operations', o, 'table.include.list', '.*\.t') AS e ON true;

-- With schemas the headers hold the key's struct alone.
SELECT data::json->'headers' FROM pg_logical_slot_peek_changes('key_change', NULL, NULL, 'format', 'record', 'schemas.enable', 'true');

-- Values only: the tombstone is left out.
SELECT data::json->>'op' FROM pg_logical_slot_peek_changes('key_change', NULL, NULL);

-- Both halves count in the transaction, the tombstone does not.
SELECT concat_ws(' ', data::json->'value'->>'op', data::json->'value'->>'status', data::json->'value'->'event_count',
	data::json->'value'->'transaction'->'total_order', data::json->'value'->'transaction'->'data_collection_order')
FROM pg_logical_slot_peek_changes('key_change', NULL, NULL, 'format', 'record', 'provide.transaction.metadata', 'true', 'table.include.list', '.*\.t');

-- Both halves have the same source.
SELECT count(DISTINCT data::json->'source'->>'lsn'), count(DISTINCT data::json->'source'->>'txId')
FROM pg_logical_slot_peek_changes('key_change', NULL, NULL, 'table.include.list', '.*\.t');
CALL forget();

-- An update of the key to what it was is none.
UPDATE t SET id = 2;
SELECT * FROM events();
CALL forget();

-- With FULL, the row before is whole.
ALTER TABLE t REPLICA IDENTITY FULL;
UPDATE t SET id = 3, v = 'y';
SELECT * FROM events();
CALL forget();

-- A key of one's own choice counts as the key; it is known with FULL ...
UPDATE t SET v = 'z';
SELECT * FROM events('message.key.columns', 'key_change.t:v');
-- ... and otherwise not: an update, under the new key.
UPDATE two SET v = 4;
UPDATE two SET a = 3;
SELECT * FROM events('message.key.columns', 'key_change.two:v', 'table.include.list', '.*two');
CALL forget();

-- A null in a key of a unique index is a value like another.
CREATE TABLE n (id int UNIQUE, v int);
ALTER TABLE n REPLICA IDENTITY FULL;
INSERT INTO n VALUES (NULL, 1);
CALL forget();
UPDATE n SET id = 1;
UPDATE n SET id = NULL;
UPDATE n SET v = 2;
SELECT * FROM events();

SELECT 'dropped' FROM pg_drop_replication_slot('key_change');
DROP SCHEMA key_change CASCADE;
