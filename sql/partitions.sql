-- Rows of partitioned tables: under the leaf's name, or with
-- publish.via.partition.root under the root's.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA partitions;
SET search_path = partitions, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', data::json->'value'->'source'->>'table', coalesce(data::json->'value'->>'op', data::json->'value'->>'status'), data::json->'key',
		data::json->'value'->'before', data::json->'value'->'after')
	FROM pg_logical_slot_peek_changes('partitions', NULL, NULL,
		VARIADIC ARRAY['format', 'record', 'tombstones.on.delete', 'false', 'skipped.operations', 'none'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('partitions', pg_current_wal_lsn());
END $$;
CREATE TABLE root (id int NOT NULL, gone int, part text NOT NULL, v int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
ALTER TABLE root DROP gone;
CREATE TABLE a PARTITION OF root FOR VALUES IN ('a');
-- another order of columns, and a hole of its own
CREATE TABLE b (v int, x int, part text NOT NULL, y int, id int NOT NULL);
ALTER TABLE b DROP x, DROP y;
ALTER TABLE root ATTACH PARTITION b FOR VALUES IN ('b');
CREATE TABLE sub PARTITION OF root FOR VALUES IN ('c', 'd') PARTITION BY LIST (part);
CREATE TABLE c PARTITION OF sub FOR VALUES IN ('c');
SELECT 'slot' FROM pg_create_logical_replication_slot('partitions', 'cdc_json');

-- Leaves with their own columns in their own order; through the root, all look alike, two levels down too.
INSERT INTO root VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3);
UPDATE root SET v = v + 10;
DELETE FROM root WHERE id = 2;
SELECT * FROM events();
SELECT * FROM events('publish.via.partition.root', 'true');
SELECT DISTINCT data::json->>'topic' FROM pg_logical_slot_peek_changes('partitions', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv',
	'publish.via.partition.root', 'true');
-- The filter sees the name that is shown.
SELECT * FROM events('table.include.list', '.*\.root');
SELECT count(*) FROM events('table.include.list', '.*\.root', 'publish.via.partition.root', 'true');
SELECT count(*) FROM events('table.exclude.list', '.*\.a', 'publish.via.partition.root', 'true');
SELECT * FROM events('publish.via.partition.root', 'true', 'column.include.list', '.*\.root\.v') LIMIT 2;
CALL forget();

-- A row that moves to another partition: deleted there, inserted here.
UPDATE root SET part = 'b' WHERE id = 1;
SELECT * FROM events();
SELECT * FROM events('publish.via.partition.root', 'true');
CALL forget();

-- TRUNCATE of the root is one event for each leaf, or one for the root; of a leaf, only under its own name.
TRUNCATE root;
TRUNCATE b;
SELECT * FROM events();
SELECT * FROM events('publish.via.partition.root', 'true');
CALL forget();
-- Nothing of it counts, where nothing would be published: no BEGIN and END.
TRUNCATE b;
TRUNCATE root;
SELECT data::json->>'status' FROM pg_logical_slot_peek_changes('partitions', NULL, NULL, 'publish.via.partition.root', 'true',
	'provide.transaction.metadata', 'true');
CALL forget();
CREATE TABLE none (id int) PARTITION BY LIST (id);
TRUNCATE none;
SELECT * FROM events('provide.transaction.metadata', 'true');
SELECT * FROM events('publish.via.partition.root', 'true');
CALL forget();

-- Each identity is the leaf's; the key is that of the table shown.
ALTER TABLE a REPLICA IDENTITY FULL;
INSERT INTO root VALUES (4, 'a', 4), (5, 'b', 5);
UPDATE root SET v = 6;
SELECT * FROM events() OFFSET 2;
SELECT * FROM events('publish.via.partition.root', 'true') OFFSET 2;
CALL forget();

-- Detached and attached again in one transaction, renamed, and a column added for all.
BEGIN;
ALTER TABLE root DETACH PARTITION a;
INSERT INTO a VALUES (7, 'a', 7);
ALTER TABLE root ATTACH PARTITION a FOR VALUES IN ('a');
INSERT INTO a VALUES (8, 'a', 8);
COMMIT;
ALTER TABLE root RENAME TO trunk;
INSERT INTO trunk VALUES (9, 'b', 9);
ALTER TABLE trunk ADD z text DEFAULT 'z';
INSERT INTO trunk VALUES (10, 'b', 10);
DROP TABLE trunk;
SELECT * FROM events();
SELECT * FROM events('publish.via.partition.root', 'true');

-- Children by inheritance are tables of their own.
CALL forget();
CREATE TABLE parent (id int PRIMARY KEY, v int);
CREATE TABLE child (PRIMARY KEY (id), w int) INHERITS (parent);
INSERT INTO parent VALUES (1, 1);
INSERT INTO child VALUES (2, 2, 2);
UPDATE parent SET v = 3;
SELECT * FROM events('publish.via.partition.root', 'true');

SELECT 'dropped' FROM pg_drop_replication_slot('partitions');
DROP SCHEMA partitions CASCADE;
