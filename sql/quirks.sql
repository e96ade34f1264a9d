-- Where the connector's event is not the truth: by default, with schemas that
-- must fit, and with debezium.quirks.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA quirks;
SET search_path = quirks, public;
CREATE FUNCTION three(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (setting text, event text) LANGUAGE sql AS $$
	SELECT s, concat_ws(' ', v->>'op', coalesce(data::json #> '{key,payload}', data::json->'key'), v->'before', v->'after', nullif(data::json->>'headers', '{}'))
	FROM unnest(ARRAY['default', 'schemas', 'quirks']) AS s,
		LATERAL pg_logical_slot_peek_changes('quirks', NULL, NULL, VARIADIC ARRAY['format', 'record', 'extended.headers.enabled', 'false', 'tombstones.on.delete', 'false',
			'schemas.enable', (s = 'schemas')::text, 'debezium.quirks', (s = 'quirks')::text] || options),
		LATERAL (SELECT coalesce(data::json #> '{value,payload}', data::json->'value')) AS x(v)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('quirks', pg_current_wal_lsn());
END $$;
SELECT 'slot' FROM pg_create_logical_replication_slot('quirks', 'cdc_json');

-- A default in the place of a NULL, in "after", in "before", and in a key.
CREATE TABLE nulls (id int PRIMARY KEY, v text DEFAULT 'x', t timestamp DEFAULT now());
CREATE TABLE null_key (k int DEFAULT 7 UNIQUE, v int);
INSERT INTO nulls VALUES (1, NULL, NULL);
DELETE FROM nulls;
INSERT INTO null_key VALUES (NULL, 1);
SELECT * FROM three();
-- asked for without quirks
SELECT * FROM three('replace.null.with.default', 'true') WHERE setting = 'default';
CALL forget();

-- A zero where the log has nothing and the column may not be null.
CREATE TABLE zeros (id int PRIMARY KEY, a int NOT NULL, t text NOT NULL, n numeric(4,2) NOT NULL, d date NOT NULL, u uuid NOT NULL, z timestamptz NOT NULL, b bytea NOT NULL,
	i int[] NOT NULL, x int NOT NULL DEFAULT 5);
INSERT INTO zeros VALUES (1, 1, 'x', 1, '2020-01-01', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2020-01-01', 'x', '{1}', 1);
CALL forget();
DELETE FROM zeros;
SELECT * FROM three();
CALL forget();

-- A zero for key columns that the log does not have, and a change of key that is none.
CREATE TABLE guess (id int PRIMARY KEY, u int NOT NULL UNIQUE);
ALTER TABLE guess REPLICA IDENTITY USING INDEX guess_u_key;
INSERT INTO guess VALUES (1, 2);
CALL forget();
UPDATE guess SET u = 3;
DELETE FROM guess;
SELECT * FROM three();
CALL forget();

-- Null for a name, and an empty string where it may not be null; with a name as its key, the same key for all rows.
CREATE TABLE names (n name PRIMARY KEY, m name);
INSERT INTO names VALUES ('one', 'two');
SELECT * FROM three();
CALL forget();

-- Unavailable values: numbers that mean none, or null.
CREATE TABLE toasted (id int PRIMARY KEY, v int, i int[], x text, n numeric[], b bytea NOT NULL);
ALTER TABLE toasted ALTER i SET STORAGE EXTERNAL, ALTER x SET STORAGE EXTERNAL, ALTER n SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT 1, 1, array_agg(g), repeat('x', 3000), array_agg(g::numeric), decode(repeat('ab', 3000), 'hex') FROM generate_series(1, 1000) AS g;
CALL forget();
UPDATE toasted SET v = 2;
SELECT * FROM three();
SELECT * FROM three('binary.handling.mode', 'base64', 'column.include.list', '.*\.b');
CALL forget();

-- Infinite dates swapped; timestamps wrapped.
CREATE TABLE times (id int PRIMARY KEY, d date, t timestamp, r timestamp NOT NULL);
INSERT INTO times VALUES (1, 'infinity', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999'), (2, '-infinity', 'infinity', '-infinity');
SELECT * FROM three();
SELECT * FROM three('time.precision.mode', 'nanoseconds');
CALL forget();

-- Arrays: elements cut to milliseconds, eras lost, dimensions dropped.
CREATE TABLE arrays (id int PRIMARY KEY, t time[], d date[], m int[]);
INSERT INTO arrays VALUES (1, '{12:00:00.123456}', '{0044-03-15 BC}', '{{1,2},{3,4}}');
SELECT * FROM three();
CALL forget();

-- Masks that do not reach keys and numbers.
CREATE TABLE masked (id int, secret text PRIMARY KEY, n int, d text DEFAULT 'secret');
INSERT INTO masked VALUES (1, 'secret', 12345, NULL);
SELECT * FROM three('column.mask.hash.v2.SHA-256.with.salt.s', 'quirks\.masked\.(secret|d)', 'column.mask.with.3.chars', 'quirks\.masked\.n');
CALL forget();

-- Events that the connector loses, or at which it stops: the same in all settings but for what a schema requires.
CREATE TYPE mood AS ENUM ('ok');
CREATE DOMAIN mood_domain AS mood;
CREATE TABLE lost (id int PRIMARY KEY, n numeric NOT NULL, z timetz NOT NULL, i interval, m mood_domain, "M" int);
CREATE TABLE nopk (id int);
INSERT INTO lost VALUES (1, 'NaN', '12:00:00+01:02:03', '2147483648 hours', 'ok', 1);
INSERT INTO nopk VALUES (1);
UPDATE nopk SET id = 2;
DELETE FROM nopk;
SELECT * FROM three();
CALL forget();

-- What pgoutput leaves out, and what the catalog had become.
CREATE TABLE generated (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO generated VALUES (1);
ALTER TABLE generated DROP CONSTRAINT generated_pkey;
SELECT * FROM three();

SELECT 'dropped' FROM pg_drop_replication_slot('quirks');
DROP SCHEMA quirks CASCADE;
