-- Which columns make the key, in which order, and what stands in it.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA keys;
SET search_path = keys, public;
CREATE FUNCTION keys(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', substr(data::json->>'topic', 10), coalesce(data::json->'value'->>'op', 'tombstone'), data::json->'key')
	FROM pg_logical_slot_peek_changes('keys', NULL, NULL, VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('keys', pg_current_wal_lsn());
END $$;
SELECT 'slot' FROM pg_create_logical_replication_slot('keys', 'cdc_json');

-- The primary key, in its own order; columns that it only includes are no part of it, and deferred ones count.
CREATE TABLE p1 (a int, b int, c text, d int, x int, PRIMARY KEY (b, d, c, a));
CREATE TABLE p2 (a int, b int, v int, PRIMARY KEY (a) INCLUDE (b));
CREATE TABLE p3 (b int UNIQUE, a int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE p4 (m numeric(5,2), n numeric, u uuid, ts timestamptz, d date, PRIMARY KEY (m, n, u, ts, d));
INSERT INTO p1 VALUES (1, 2, 'c', 4, 5);
INSERT INTO p2 VALUES (1, 2, 3);
INSERT INTO p3 VALUES (2, 1);
INSERT INTO p4 VALUES (1.5, 2.50, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2020-01-01 00:00+00', '2020-01-01');
SELECT * FROM keys();
CALL forget();

-- Else the unique index whose name comes first, with all its columns, included ones too; partial and nullable
-- ones serve; one with an expression does not, nor do exclusion constraints and plain indexes.
CREATE TABLE u1 (a int, b int UNIQUE, c int UNIQUE);
CREATE TABLE u2 (a int, b int NOT NULL, v int);
CREATE UNIQUE INDEX z2 ON u2 (a);
CREATE UNIQUE INDEX a2 ON u2 (b, a);
CREATE TABLE u3 (a int, b int, v int);
CREATE UNIQUE INDEX ON u3 (a) WHERE b > 0;
CREATE TABLE u4 (a text, b int, v int);
CREATE UNIQUE INDEX e4 ON u4 (lower(a), b);
CREATE UNIQUE INDEX f4 ON u4 (b);
CREATE TABLE u5 (a int, b int, v int);
CREATE UNIQUE INDEX ON u5 (a) INCLUDE (b);
CREATE TABLE u6 (c int, a int);
CREATE UNIQUE INDEX ON u6 (c DESC, a);
CREATE TABLE u7 ("Z" int, "a" int, CONSTRAINT "B" UNIQUE ("Z"), CONSTRAINT "a" UNIQUE ("a"));
CREATE TABLE u8 (a int UNIQUE DEFERRABLE, v int);
CREATE TABLE u9 (a int, b int);
CREATE UNIQUE INDEX a9 ON u9 (a);
CREATE UNIQUE INDEX b9 ON u9 (b);
CLUSTER u9 USING b9;
CREATE TABLE n1 (a text, v int);
CREATE UNIQUE INDEX ON n1 (lower(a));
CREATE TABLE n2 (a int, v int, EXCLUDE USING btree (a WITH =));
CREATE TABLE n3 (id serial, val int);
CREATE INDEX ON n3 (val);
INSERT INTO u1 VALUES (1, 2, 3);
INSERT INTO u2 VALUES (1, 2, 3), (NULL, 3, 4);
INSERT INTO u3 VALUES (1, 2, 3);
INSERT INTO u4 VALUES ('A', 2, 3);
INSERT INTO u5 VALUES (1, 2, 3);
INSERT INTO u6 VALUES (1, 2);
INSERT INTO u7 VALUES (1, 2);
INSERT INTO u8 VALUES (1, 2);
INSERT INTO u9 VALUES (1, 2);
INSERT INTO n1 VALUES ('A', 2);
INSERT INTO n2 VALUES (1, 2);
INSERT INTO n3 (val) VALUES (1000);
SELECT * FROM keys();
CALL forget();

-- The key follows the indexes as they are at the row's position: the name decides, so a new name moves the key.
ALTER INDEX z2 RENAME TO "0";
INSERT INTO u2 VALUES (5, 5, 3);
DROP INDEX "0";
INSERT INTO u2 VALUES (6, 6, 3);
ALTER TABLE u2 ADD PRIMARY KEY (v, b) NOT DEFERRABLE;
INSERT INTO u2 VALUES (7, 7, 3);
ALTER TABLE u2 DROP CONSTRAINT u2_pkey;
DROP INDEX a2;
INSERT INTO u2 VALUES (8, 8, 3);
SELECT * FROM keys();
CALL forget();

-- message.key.columns wins: whole names whatever their case, columns in the order given, names of none are passed over.
CREATE TABLE m1 (id int PRIMARY KEY, "Mixed" int, c text);
INSERT INTO m1 VALUES (1, 2, 'x');
SELECT o, keys('message.key.columns', o) FROM unnest(ARRAY['keys.m1:c,id', 'KEYS\.M.:mixed', '(.*).m1:c;keys.m1:id', 'keys.m1:nope',
	'keys.m1:nope,c', 'keys.m:c', 'keys.other:c;keys.m1:c,mixed']) AS o;

-- Excluding a column from the value leaves it in the key.
SELECT * FROM keys('column.exclude.list', 'keys.m1.id');
CALL forget();

-- Key columns of which the old row does not tell are null, not a zero that may be another row's key;
-- the connector's zero where schemas require a number, or quirks ask for it.
CREATE TABLE r1 (a int NOT NULL, b int NOT NULL, v int);
CREATE UNIQUE INDEX a_r1 ON r1 (a);
CREATE UNIQUE INDEX b_r1 ON r1 (b);
ALTER TABLE r1 REPLICA IDENTITY USING INDEX b_r1;
INSERT INTO r1 VALUES (1, 2, 3);
UPDATE r1 SET a = 7;
UPDATE r1 SET b = 8;
DELETE FROM r1;
SELECT * FROM keys();
SELECT * FROM keys('key.converter.schemas.enable', 'true') AS k WHERE k ~ '"a":0';
SELECT * FROM keys('debezium.quirks', 'true');
CALL forget();

SELECT 'dropped' FROM pg_drop_replication_slot('keys');
DROP SCHEMA keys CASCADE;
