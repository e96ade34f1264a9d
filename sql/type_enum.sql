-- Enums: the label as the value, the labels in the schema, and both as they
-- were when the row was written.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE SCHEMA type_enum;
SET search_path = type_enum, public;

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF json LANGUAGE sql AS $$
	SELECT COALESCE(data::json->'payload', data::json)->'after'
	FROM pg_logical_slot_peek_changes('type_enum', NULL, NULL, VARIADIC options)
	WHERE COALESCE(data::json->'payload', data::json)->>'op' <> 'd'
$$;
-- The schema of column "m" in each event.
CREATE FUNCTION schemas() RETURNS SETOF json LANGUAGE sql AS $$
	SELECT f FROM pg_logical_slot_peek_changes('type_enum', NULL, NULL, 'schemas.enable', 'true'),
		LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f
	WHERE f->>'field' = 'm'
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_enum', pg_current_wal_lsn());
END $$;

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy, very', 'it''s', 'é', '');
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
CREATE TYPE nothing AS ENUM ();
CREATE DOMAIN dmood AS mood;
CREATE TABLE t (id int PRIMARY KEY, m mood, d dmood, a mood[]);
CREATE TABLE n (id int PRIMARY KEY, m nothing, nn mood NOT NULL DEFAULT 'ok');
SELECT 'slot' FROM pg_create_logical_replication_slot('type_enum', 'cdc_json');

-- Every label; a domain is its base type; arrays.
INSERT INTO t SELECT row_number() OVER (ORDER BY m), m, m, ARRAY[m, 'ok', NULL] FROM unnest(enum_range(NULL::mood)) m;
SELECT after();
SELECT after('debezium.quirks', 'true') LIMIT 1;
SELECT * FROM schemas() LIMIT 1;
CALL forget();

-- An enum without labels, and one that may not be null.
INSERT INTO n VALUES (1);
DELETE FROM n;
SELECT after();
SELECT * FROM schemas();
SELECT data::json->'before' FROM pg_logical_slot_peek_changes('type_enum', NULL, NULL) OFFSET 1;
SELECT data::json->'payload'->'before' FROM pg_logical_slot_peek_changes('type_enum', NULL, NULL, 'schemas.enable', 'true') OFFSET 1;
CALL forget();

-- Labels that are added and renamed between rows: each event has those of its time, read in one go.
INSERT INTO t (id, m) VALUES (10, 'sad');
ALTER TYPE mood ADD VALUE 'new' AFTER 'meh';
INSERT INTO t (id, m) VALUES (11, 'new');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
INSERT INTO t (id, m) VALUES (12, 'blue');
BEGIN;
INSERT INTO t (id, m) VALUES (13, 'blue');
ALTER TYPE mood RENAME VALUE 'blue' TO 'sad';
INSERT INTO t (id, m) VALUES (14, 'sad');
COMMIT;
BEGIN;
CREATE TYPE fresh AS ENUM ('a');
CREATE TABLE f (id int PRIMARY KEY, m fresh);
INSERT INTO f VALUES (20, 'a');
ALTER TYPE fresh RENAME VALUE 'a' TO 'b';
INSERT INTO f VALUES (21, 'b');
COMMIT;
SELECT after();
SELECT s->'parameters'->>'allowed' FROM schemas() s;
CALL forget();

-- Many of them.
SELECT format('CREATE TYPE many AS ENUM (%s)', string_agg(quote_literal('label ' || g), ',')) FROM generate_series(1, 1000) g \gexec
CREATE TABLE m (id int PRIMARY KEY, m many);
INSERT INTO m SELECT row_number() OVER (), m FROM unnest(enum_range(NULL::many)) m;
SELECT count(*), count(*) FILTER (WHERE m.m::text = a->>'m') FROM after() a JOIN m ON m.id = (a->>'id')::int;

-- A type that is gone when its rows are read.
DROP TABLE m;
DROP TYPE many;
SELECT count(*) FROM after() a WHERE a->>'m' LIKE 'label %';

SELECT 'dropped' FROM pg_drop_replication_slot('type_enum');
DROP SCHEMA type_enum CASCADE;
