-- Values that the connector stops at: an event comes in every setting, it
-- parses, and the rows after it come too.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA poison;
SET search_path = poison, public;
CREATE FUNCTION three(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (setting text, after json) LANGUAGE sql AS $$
	SELECT s, coalesce(data::json #> '{payload,after}', data::json->'after')
	FROM unnest(ARRAY['default', 'schemas', 'quirks']) AS s,
		LATERAL pg_logical_slot_peek_changes('poison', NULL, NULL, VARIADIC ARRAY['schemas.enable', (s = 'schemas')::text, 'debezium.quirks', (s = 'quirks')::text] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('poison', pg_current_wal_lsn());
END $$;
SELECT 'slot' FROM pg_create_logical_replication_slot('poison', 'cdc_json');

-- Numbers that are none, in each mode; the last row is an ordinary one.
CREATE TABLE numbers (id int PRIMARY KEY, n numeric NOT NULL, p numeric(5,2) NOT NULL);
INSERT INTO numbers VALUES (1, 'NaN', 'NaN'), (2, 'Infinity', 1), (3, '-Infinity', 1), (4, 1, 1);
SELECT o, t.* FROM unnest(ARRAY['precise', 'double', 'string']) AS o, LATERAL three('decimal.handling.mode', o) AS t WHERE after->>'id' IN ('1', '4');
CALL forget();

-- Times out of range, in each mode.
CREATE TABLE times (id int PRIMARY KEY, d date NOT NULL, t timestamp NOT NULL, z timestamptz NOT NULL, tz timetz NOT NULL, i interval NOT NULL);
INSERT INTO times VALUES (1, 'infinity', '294276-12-31 23:59:59', 'infinity', '00:00:00+15:59:59', '2147483648 hours'),
	(2, '-infinity', '-infinity', '4713-01-01 BC', '24:00:00-15:59:59', '-178000000 years'), (3, '5874897-12-31', '4713-01-01 BC', '-infinity', '12:00+01:00:01', '2147483647 months'),
	(4, '2020-01-01', '2020-01-01', '2020-01-01', '12:00Z', '1 day');
SELECT o, t.* FROM unnest(ARRAY['adaptive', 'nanoseconds', 'isostring']) AS o, LATERAL three('time.precision.mode', o) AS t;
CALL forget();

-- Elements that may not be null, kinds of names, empty arrays, a domain over an array, one over an enum.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN mood_domain AS mood NOT NULL;
CREATE DOMAIN ints AS int[] NOT NULL;
CREATE TABLE others (id int PRIMARY KEY, m mood[] NOT NULL, v tsvector[] NOT NULL, md mood_domain, d ints, n name NOT NULL, na name[] NOT NULL, e int[] NOT NULL, x xml NOT NULL, mm int[] NOT NULL);
INSERT INTO others VALUES (1, '{ok,NULL}', '{NULL}', 'ok', '{1,NULL}', 'n', '{n,NULL}', '{}', '', '{{1,NULL},{3,4}}'), (2, '{}', '{a}', 'sad', '{}', '', '{}', '{1}', '<a/>', '[2:3]={1,2}');
SELECT * FROM three();
SELECT * FROM three('include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex') WHERE after->>'id' = '1';
CALL forget();

-- A domain whose check fails on a value that is there: output is not its check.
CREATE FUNCTION no_two(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 1 / ($1 - 2) > -9; END $$;
CREATE DOMAIN checked AS int;
CREATE TABLE checks (id int PRIMARY KEY, c checked);
INSERT INTO checks VALUES (1, 2);
ALTER DOMAIN checked ADD CHECK (no_two(VALUE)) NOT VALID;
INSERT INTO checks VALUES (2, 3);
DROP FUNCTION no_two CASCADE;
SELECT * FROM three();
CALL forget();

-- A whole row of nulls where nulls may not be: in the log as it was before they were forbidden.
CREATE TABLE later (id int PRIMARY KEY, v int, w text);
INSERT INTO later VALUES (1);
UPDATE later SET v = 1, w = 'x';
ALTER TABLE later ALTER v SET NOT NULL, ALTER w SET NOT NULL;
DELETE FROM later;
SELECT setting, after FROM three() WHERE after IS NOT NULL;
CALL forget();

-- Deep values: JSON 6000 levels down.
CREATE TABLE deep (id int PRIMARY KEY, j json, jb jsonb);
INSERT INTO deep VALUES (1, (repeat('[', 6000) || repeat(']', 6000))::json, (repeat('{"a":', 6000) || '1' || repeat('}', 6000))::jsonb);
SELECT length(data) > 48000 FROM pg_logical_slot_peek_changes('poison', NULL, NULL);

SELECT 'dropped' FROM pg_drop_replication_slot('poison');
DROP SCHEMA poison CASCADE;
