-- Every event shows the table as it was at its place in the log.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA ddl;
SET search_path = ddl, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', substr(data::json->>'topic', 5), coalesce(data::json->'value'->>'op', 'tombstone'), data::json->'key',
		data::json->'value'->'before', data::json->'value'->'after', nullif(data::json->>'headers', '{}'))
	FROM pg_logical_slot_peek_changes('ddl', NULL, NULL, VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('ddl', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id serial PRIMARY KEY, a int, b numeric(5,2), c varchar(10));
SELECT 'slot' FROM pg_create_logical_replication_slot('ddl', 'cdc_json');

-- Columns added, altered, dropped, renamed; the table renamed, its key dropped, its identity changed; read after all of it.
INSERT INTO t (a, b, c) VALUES (1, 1.5, 'x');
ALTER TABLE t ADD d text DEFAULT 'dd';
INSERT INTO t (a, b, c) VALUES (2, 1.5, 'x');
ALTER TABLE t ALTER b TYPE numeric(6,1);
INSERT INTO t (a, b, c) VALUES (3, 1.5, 'x');
ALTER TABLE t DROP a;
INSERT INTO t (b, c) VALUES (1.5, 'x');
ALTER TABLE t RENAME c TO cc;
INSERT INTO t (b, cc) VALUES (1.5, 'x');
ALTER TABLE t ALTER b TYPE text USING 'n' || b;
INSERT INTO t (b, cc) VALUES ('t', 'x');
ALTER TABLE t RENAME TO t2;
INSERT INTO t2 (b) VALUES ('r');
ALTER TABLE t2 DROP CONSTRAINT t_pkey;
ALTER TABLE t2 REPLICA IDENTITY FULL;
INSERT INTO t2 (b) VALUES ('k');
UPDATE t2 SET b = 'K' WHERE b = 'k';
SELECT * FROM events();
-- Types of the fields, as the schemas say.
SELECT string_agg(concat_ws(':', f->>'field', f->>'type', f->'parameters'->>'scale', f->'optional', f->'default'), ' ' ORDER BY n, o)
FROM pg_logical_slot_peek_changes('ddl', NULL, NULL, 'schemas.enable', 'true') WITH ORDINALITY AS s(lsn, xid, data, n),
	json_array_elements(data::json->'schema'->'fields'->1->'fields') WITH ORDINALITY AS fields(f, o)
GROUP BY n ORDER BY n;
CALL forget();

-- All in one transaction, and the table dropped since.
BEGIN;
CREATE TABLE n (id int PRIMARY KEY, v text);
INSERT INTO n VALUES (1, 'x');
ALTER TABLE n ADD w int;
INSERT INTO n VALUES (2, 'y', 3);
ALTER TABLE n DROP v;
INSERT INTO n VALUES (4, 5);
ALTER TABLE n RENAME TO n2;
ALTER TABLE n2 RENAME w TO "W";
INSERT INTO n2 VALUES (5, 6);
SAVEPOINT s;
ALTER TABLE n2 ADD x int DEFAULT 7;
INSERT INTO n2 VALUES (6, 7);
ROLLBACK TO s;
INSERT INTO n2 VALUES (7, 8);
ALTER TABLE n2 ALTER "W" TYPE text;
UPDATE n2 SET "W" = 'w' WHERE id = 7;
COMMIT;
ALTER TABLE n2 SET SCHEMA public;
INSERT INTO n2 VALUES (8, 'p');
ALTER TABLE n2 SET SCHEMA ddl;
DELETE FROM n2 WHERE id < 5;
ALTER TABLE n2 DROP CONSTRAINT n_pkey, ALTER "W" SET NOT NULL, ADD PRIMARY KEY ("W", id);
INSERT INTO n2 VALUES (9, 'key');
DROP TABLE n2;
CREATE TABLE n2 (x int);
INSERT INTO n2 VALUES (1);
SELECT * FROM events();
CALL forget();

-- A column added with a default: the rows there before have none stored, and show it all the same.
CREATE TABLE added (id int PRIMARY KEY, v int);
ALTER TABLE added REPLICA IDENTITY FULL;
INSERT INTO added VALUES (1, 1), (2, 2);
CALL forget();
ALTER TABLE added ADD d text DEFAULT 'then', ADD n int;
UPDATE added SET v = 3 WHERE id = 1;
ALTER TABLE added ALTER d SET DEFAULT 'now';
DELETE FROM added WHERE id = 2;
INSERT INTO added VALUES (3);
SELECT * FROM events();
CALL forget();

-- Schemas renamed, in mid-transaction too.
CREATE SCHEMA ddl_one;
CREATE TABLE ddl_one.s (id int PRIMARY KEY);
BEGIN;
INSERT INTO ddl_one.s VALUES (1);
ALTER SCHEMA ddl_one RENAME TO ddl_two;
INSERT INTO ddl_two.s VALUES (2);
COMMIT;
ALTER SCHEMA ddl_two RENAME TO ddl_three;
INSERT INTO ddl_three.s VALUES (3);
DROP SCHEMA ddl_three CASCADE;
SELECT * FROM events('table.include.list', '.*\.s');
CALL forget();

-- Types: a label added and renamed, a domain that loses NOT NULL, columns of an enum dropped with it.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN dom AS int NOT NULL DEFAULT 4;
CREATE TABLE e (id int PRIMARY KEY, m mood, d dom);
INSERT INTO e VALUES (1, 'ok', 1);
ALTER TYPE mood ADD VALUE 'happy';
INSERT INTO e VALUES (2, 'happy', 2);
ALTER TYPE mood RENAME VALUE 'happy' TO 'glad';
ALTER DOMAIN dom DROP NOT NULL;
INSERT INTO e VALUES (3, 'glad', NULL);
DROP TYPE mood CASCADE;
INSERT INTO e VALUES (4, 5);
SELECT * FROM events();
SELECT data::json->'payload'->'after'->'id', data::json #> '{schema,fields,1,fields,1,parameters}', data::json #> '{schema,fields,1,fields,2,optional}'
FROM pg_logical_slot_peek_changes('ddl', NULL, NULL, 'schemas.enable', 'true');

SELECT 'dropped' FROM pg_drop_replication_slot('ddl');
DROP SCHEMA ddl CASCADE;
