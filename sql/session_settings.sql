-- No setting of the session, the role or the database shows in an event.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE SCHEMA session_settings;
SET search_path = session_settings, public;
CREATE FUNCTION session_settings.rows(VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', coalesce(data::json->'payload', data::json)->'before', coalesce(data::json->'payload', data::json)->'after', data::json->'schema'),
		E'\n' ORDER BY n)
	FROM pg_catalog.pg_logical_slot_peek_changes('session_settings', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n)
$$;
CREATE TYPE pair AS (d date, f float8);
CREATE TABLE t (id int PRIMARY KEY, d date, t timestamp, z timestamptz, tz timetz, i interval, f float8, r real, b bytea, m money, x xml, rg tsrange, dr daterange,
	da date[], iv interval[], fa float8[], ba bytea[], c pair, rc regclass, p point, pa path, h hstore, n numeric, j jsonb, vd date DEFAULT '2020-01-31', vi interval DEFAULT '1 day 02:00:00',
	vm money DEFAULT 1.5, vt timestamptz DEFAULT '2020-01-31 12:00+00', vf float8 DEFAULT 0.1);
ALTER TABLE t REPLICA IDENTITY FULL;
SELECT 'slot' FROM pg_create_logical_replication_slot('session_settings', 'cdc_json');
INSERT INTO t VALUES (1, '2020-01-31', '2020-01-31 12:34:56.789', '2020-01-31 12:34:56+05', '12:34:56-07:30', '1 year 2 mons -3 days 04:05:06.7', 0.1 + 0.2, 1.1, '\x00ff', 1234.5, '<a/>',
	'[2020-01-31 12:00,)', '[2020-01-01,2020-02-01)', '{2020-01-31}', '{1 day}', ARRAY[0.1::float8 + 0.2], ARRAY['\x01'::bytea], ROW('2020-01-31', 0.1::float8 + 0.2), 'session_settings.t', '(0.1,0.2)',
	'[(0.1,0.2),(3,4)]', 'a=>b', 1.10, '{"d": 0.1}');
DELETE FROM t;

-- As it is with the settings of this database.
CREATE TEMPORARY TABLE expected AS
SELECT o, options, session_settings.rows(VARIADIC options) AS r
FROM (VALUES ('default', '{}'::text[]), ('quirks', '{debezium.quirks,true,include.unknown.datatypes,true}'), ('schemas', '{schemas.enable,true}'),
	('unknown', '{include.unknown.datatypes,true,binary.handling.mode,hex}'),
	('strings', '{decimal.handling.mode,string,interval.handling.mode,string,time.precision.mode,isostring}')) AS v(o, options);
SELECT r FROM expected WHERE o = 'unknown';
SELECT f->'field', f->'default' FROM pg_logical_slot_peek_changes('session_settings', NULL, NULL, 'schemas.enable', 'true') WITH ORDINALITY AS s(lsn, xid, data, n),
	LATERAL json_array_elements(data::json #> '{schema,fields,1,fields}') AS f WHERE n = 1 AND f->'default' IS NOT NULL;

-- No line must be seen from any of these.
CREATE FUNCTION differences(setting text, new_value text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		PERFORM set_config(setting, new_value, true);
	EXCEPTION WHEN feature_not_supported OR undefined_object THEN
		RETURN;	-- 19 refuses standard_conforming_strings = off, and has no escape_string_warning
	END;
	RETURN QUERY SELECT concat_ws(' ', setting, new_value, e.o) FROM pg_temp.expected AS e WHERE session_settings.rows(VARIADIC e.options) IS DISTINCT FROM e.r;
END $$;
SELECT d FROM (VALUES ('DateStyle', 'SQL, DMY'), ('DateStyle', 'German'), ('DateStyle', 'Postgres, MDY'), ('IntervalStyle', 'sql_standard'),
	('IntervalStyle', 'iso_8601'), ('IntervalStyle', 'postgres_verbose'), ('TimeZone', 'America/New_York'), ('TimeZone', 'Asia/Kathmandu'),
	('extra_float_digits', '-15'), ('extra_float_digits', '3'), ('bytea_output', 'escape'), ('xmlbinary', 'hex'), ('xmloption', 'document'),
	('search_path', ''), ('search_path', 'pg_temp, session_settings'), ('quote_all_identifiers', 'on'), ('standard_conforming_strings', 'off'),
	('escape_string_warning', 'off'), ('backslash_quote', 'off'), ('client_encoding', 'LATIN1'), ('array_nulls', 'off'), ('row_security', 'off'),
	('work_mem', '64kB'), ('logical_decoding_work_mem', '64kB'), ('default_transaction_isolation', 'serializable')) AS v(s, n),
	LATERAL differences(s, n) AS d;

-- Nor from a locale whose money looks otherwise, where it is installed.
SELECT d FROM pg_collation, LATERAL differences('lc_monetary', collcollate) AS d WHERE collprovider = 'c' AND collcollate ~ '^(de_DE|en_US|ja_JP|hu_HU)\.utf-?8$';

-- Nor from a role that may do nothing but replicate.
CREATE ROLE session_settings_replicator REPLICATION;
GRANT USAGE ON SCHEMA session_settings TO session_settings_replicator;
GRANT SELECT ON expected TO session_settings_replicator;
SET ROLE session_settings_replicator;
SELECT o FROM pg_temp.expected WHERE session_settings.rows(VARIADIC options) IS DISTINCT FROM r;
RESET ROLE;

DROP TABLE expected;
REVOKE ALL ON SCHEMA session_settings FROM session_settings_replicator;
DROP ROLE session_settings_replicator;
SELECT 'dropped' FROM pg_drop_replication_slot('session_settings');
DROP SCHEMA session_settings CASCADE;
