-- What each replica identity says of the row before an update or delete.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA identity;
SET search_path = identity, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', substr(data::json->>'topic', 14), coalesce(data::json->'value'->>'op', 'tombstone'), data::json->'key',
		data::json->'value'->'before', data::json->'value'->'after')
	FROM pg_logical_slot_peek_changes('identity', NULL, NULL, VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('identity', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL UNIQUE, req text NOT NULL DEFAULT 'd', opt text DEFAULT 'o', n numeric(5,2) NOT NULL);
SELECT 'slot' FROM pg_create_logical_replication_slot('identity', 'cdc_json');

-- DEFAULT: nothing before an update; a delete has the key, and null for all that it does not tell.
INSERT INTO t VALUES (1, 10, 'r', NULL, 1.5);
UPDATE t SET req = 's';
UPDATE t SET u = 11;
DELETE FROM t;
SELECT * FROM events();
-- Where schemas or quirks require a value, the default, or the connector's zero; its default for a null only with quirks.
SELECT e::json->'payload'->'before' FROM (SELECT data FROM pg_logical_slot_peek_changes('identity', NULL, NULL, 'schemas.enable', 'true')) AS s(e) OFFSET 3;
SELECT * FROM events('debezium.quirks', 'true');
CALL forget();

-- FULL: the whole row before, and the key comes from it.
ALTER TABLE t REPLICA IDENTITY FULL;
INSERT INTO t VALUES (1, 10, 'r', NULL, 1.5);
UPDATE t SET req = 's';
UPDATE t SET opt = NULL;
DELETE FROM t;
SELECT * FROM events();
CALL forget();

-- USING INDEX: the index's columns before, once one of them changes; the key of the primary key is not known then.
ALTER TABLE t REPLICA IDENTITY USING INDEX t_u_key;
INSERT INTO t VALUES (1, 10, 'r', 'p', 1.5);
UPDATE t SET req = 's';
UPDATE t SET u = 11;
UPDATE t SET id = 2;
DELETE FROM t;
SELECT * FROM events();
SELECT * FROM events('debezium.quirks', 'true');
CALL forget();

-- NOTHING, and DEFAULT without a primary key: updates are sent as they are, a delete says that it was one.
ALTER TABLE t REPLICA IDENTITY NOTHING;
CREATE TABLE nopk (a int, b int);
INSERT INTO t VALUES (1, 10, 'r', NULL, 1.5);
UPDATE t SET id = 2;
DELETE FROM t;
INSERT INTO nopk VALUES (1, 2);
UPDATE nopk SET a = 3;
DELETE FROM nopk;
SELECT * FROM events();
SELECT * FROM events('delete.without.identity', 'skip');
-- quirks do not lose the event either
SELECT count(*) FROM events('debezium.quirks', 'true');
CALL forget();

-- A skipped delete has its number all the same.
BEGIN;
INSERT INTO nopk VALUES (1, 2), (3, 4);
DELETE FROM nopk;
INSERT INTO nopk VALUES (5, 6);
COMMIT;
SELECT substr(data::json->'headers'->>'__cdc_json.position', 18) FROM pg_logical_slot_peek_changes('identity', NULL, NULL,
	'format', 'record', 'position.header', 'true', 'delete.without.identity', 'skip');
DELETE FROM nopk;
CALL forget();

-- Without a key but with FULL: no key, rows whole, and a tombstone without key.
ALTER TABLE nopk REPLICA IDENTITY FULL;
INSERT INTO nopk VALUES (1, 2);
UPDATE nopk SET a = 3;
DELETE FROM nopk;
SELECT * FROM events();
CALL forget();

-- The identity may change in mid-transaction.
BEGIN;
INSERT INTO t VALUES (1, 10, 'r', NULL, 1.5);
ALTER TABLE t REPLICA IDENTITY DEFAULT;
UPDATE t SET id = 2;
ALTER TABLE t REPLICA IDENTITY FULL;
UPDATE t SET id = 3;
DELETE FROM t;
COMMIT;
SELECT * FROM events();

SELECT 'dropped' FROM pg_drop_replication_slot('identity');
DROP SCHEMA identity CASCADE;
