-- Code that is not ours: output functions that fail, and settings of the
-- session that would show in what they print.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE SCHEMA guarded;
SET search_path = guarded, public;

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF json LANGUAGE sql AS $$
	SELECT COALESCE(data::json->'payload', data::json)->'after'
	FROM pg_logical_slot_peek_changes('guarded', NULL, NULL, VARIADIC options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('guarded', pg_current_wal_lsn());
END $$;

-- A type that cannot be printed: its numbers are no enum labels.  It has a name that the connector maps.
CREATE TYPE isbn;
CREATE FUNCTION isbn_in(cstring) RETURNS isbn AS 'int4in' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION isbn_out(isbn) RETURNS cstring AS 'enum_out' LANGUAGE internal STABLE STRICT;
CREATE TYPE isbn (INPUT = isbn_in, OUTPUT = isbn_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE TYPE pair AS (a int, b isbn);
CREATE TABLE t (id int PRIMARY KEY, i isbn, x text);
CREATE TABLE n (id int PRIMARY KEY, i isbn NOT NULL, a isbn[], p pair, x text);
CREATE TABLE k (i isbn, x text);
SELECT 'slot' FROM pg_create_logical_replication_slot('guarded', 'cdc_json');

-- The value is null, or what the schema requires; the rest of the event is as ever.
INSERT INTO t VALUES (1, '5', 'x'), (2, NULL, 'y');
INSERT INTO n VALUES (3, '5', '{5,NULL,6}', '(1,2)', 'x');
SELECT after();
SELECT after('include.unknown.datatypes', 'true');
SELECT after('schemas.enable', 'true');
SELECT after('debezium.quirks', 'true');
-- Nor does it pass a hash.
SELECT after('column.mask.hash.v2.MD5.with.salt.s', '.*\.i', 'schemas.enable', 'true');
CALL forget();

-- Many failures, in one transaction, with subtransactions around them.
BEGIN;
INSERT INTO t SELECT g, g::text::isbn, 'x' FROM generate_series(1000, 1999) g;
SAVEPOINT a;
INSERT INTO t SELECT g, g::text::isbn, 'x' FROM generate_series(2000, 2999) g;
ROLLBACK TO a;
INSERT INTO t SELECT g, g::text::isbn, 'x' FROM generate_series(3000, 3999) g;
COMMIT;
SELECT count(*), count(a->>'i') AS values, count(a->>'x') AS others FROM after() a;
-- Reading needs no transaction id, and leaves nothing open.
BEGIN;
SELECT count(*) FROM after();
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
COMMIT;
CALL forget();

-- No setting shows, and every setting is as it was.
CREATE TYPE everything AS (ts timestamptz, iv interval, f float8, b bytea, m money, d date, o regclass, t regtype);
CREATE TABLE s (id int PRIMARY KEY, e everything, a everything[], r tstzrange, rc regclass);
CREATE TABLE "Other" ();
INSERT INTO s VALUES (1, ROW('2020-02-03 04:05:06.789+00', '1 year 2 days 3:04:05', 0.1 + 0.2::float8, '\x01ff', '-1234.5', '2020-02-03', '"Other"', 'pair'));
UPDATE s SET a = ARRAY[e], r = tstzrange((e).ts, NULL), rc = 's';
CREATE TEMP TABLE results (settings text, data text);
INSERT INTO results SELECT 'default', string_agg(a::text, ' ') FROM after('include.unknown.datatypes', 'true') a;
SELECT convert_from(decode(a->>'e', 'base64'), 'UTF8') AS e, convert_from(decode(a->'a'->>0, 'base64'), 'UTF8') AS a,
	a->>'r' AS r, convert_from(decode(a->>'rc', 'base64'), 'UTF8') AS rc
FROM after('include.unknown.datatypes', 'true') a OFFSET 1 LIMIT 1;
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'iso_8601';
SET TimeZone = 'Asia/Kathmandu';
SET extra_float_digits = -5;
SET bytea_output = 'escape';
SET quote_all_identifiers = on;
SET search_path = pg_catalog;
INSERT INTO results SELECT 'changed', string_agg(a::text, ' ') FROM guarded.after('include.unknown.datatypes', 'true') a;
SELECT current_setting('DateStyle'), current_setting('IntervalStyle'), current_setting('TimeZone'), current_setting('extra_float_digits'),
	current_setting('bytea_output'), current_setting('quote_all_identifiers'), current_setting('search_path');
SELECT '2020-02-03'::date, '\x01ff'::bytea, 0.1 + 0.2::float8, '1 day'::interval, 'guarded.s'::regclass;
RESET ALL;
SET client_min_messages = warning;
SET search_path = guarded, public;
SELECT count(DISTINCT data) FROM results WHERE data <> '';

SELECT 'dropped' FROM pg_drop_replication_slot('guarded');
DROP SCHEMA guarded CASCADE;
