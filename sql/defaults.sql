-- Defaults in schemas: what the connector makes of the expression's text.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned

CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s', E'new\nline');
CREATE TYPE "Mood 2" AS ENUM ('sad', 'ok');
CREATE TYPE "mood.3" AS ENUM ('sad', 'ok');
CREATE SCHEMA defaults;
CREATE TYPE defaults.mood AS ENUM ('sad', 'ok');
CREATE DOMAIN number AS int DEFAULT 4;
CREATE FUNCTION defaults.f() RETURNS int LANGUAGE sql AS 'SELECT 1';

-- One column for each case; its name is the case's number.
CREATE TABLE cases (n int GENERATED ALWAYS AS IDENTITY, type text, expression text);
INSERT INTO cases (type, expression) VALUES
	('int', '5'), ('int', '-5'), ('int', '(1 + 2)'), ('int', 'defaults.f()'), ('int', '(defaults.f() + 1)'), ('int', 'NULL'),
	('int', '(now() IS NULL)::int'), ('int', '''+7''::text::int'), ('int', '''7x''::text::int'), ('int', '2147483648'),
	('int', '''12''::numeric'), ('int2', '-32768'), ('bigint', '5000000000'), ('bigint', '-9223372036854775808'), ('number', '5'), ('oid', '5'),
	('boolean', 'true'), ('boolean', '''f'''), ('boolean', '(NOT false)'), ('boolean', '''TRUE''::text::boolean'),
	('real', '1.1'), ('real', '16777217'), ('float8', '2'), ('float8', '1e-7'), ('float8', '''NaN'''), ('float8', '''-Infinity'''), ('float8', 'pi()'),
	('numeric(5,2)', '1.5'), ('numeric(5,2)', '1.255'), ('numeric(5,2)', '-0.5'), ('numeric(5,2)', '1234567'), ('numeric(5,2)', '''NaN'''),
	('numeric(5,2)', 'defaults.f()'), ('numeric(10,4)', '1e2'), ('numeric(5)', '5.0'), ('numeric(5,-2)', '0'), ('numeric', '1.50'),
	('numeric', '1e20'), ('money', '1.5'),
	('text', '''abc'''), ('text', ''''''), ('text', '''it''''s'''), ('text', 'NULL'), ('text', '''NULL'''), ('text', 'upper(''x'')'),
	('text', '''a'' || ''b'''), ('text', '(1 + 2)'), ('text', 'current_user'), ('text', 'now()'), ('text', 'current_date'),
	('text', 'E''a\nb'''), ('text', 'E''a\nb'' || ''c'''), ('text', '''ü😀"\'''), ('text', 'CASE WHEN true THEN ''a'' ELSE ''b'' END'),
	('char(4)', '''c'''), ('varchar(3)', '''abcdef'''), ('"char"', '''c'''), ('name', '''n'''), ('bytea', '''\x01'''), ('inet', '''10.0.0.1'''),
	('json', '''{"a": 1}'''), ('jsonb', '''{"a":"it''''s"}'''), ('json', 'json_build_object(''a'', 1)'), ('xml', '''<a/>'''),
	('uuid', '''A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'''), ('uuid', 'gen_random_uuid()'),
	('bit', 'B''1'''), ('bit(2)', 'B''11'''), ('bit(2)', 'B''0'''), ('bit(12)', 'B''100000000001'''), ('bit(8)', '5::bit(8)'), ('bit(4)', 'B''0000'''),
	('varbit', 'B''101'''), ('varbit(5)', 'B''1'''), ('varbit(1)', 'B''1'''), ('varbit(1)', 'B'''''),
	('date', '''2021-03-19'''), ('date', 'CURRENT_DATE'), ('date', '(CURRENT_DATE + 1)'), ('date', '''infinity'''), ('date', '''-infinity'''),
	('date', '''0044-03-15 BC'''), ('date', '''5874897-12-31'''), ('date', '''2021-03-04 05:06:07''::timestamp'), ('date', '''today''::text::date'),
	('time', '''12:34:56.789'''), ('time', '''24:00'''), ('time(3)', '''24:00'''), ('time(0)', '''12:34:56.7'''), ('time', 'LOCALTIME'),
	('time', '''12:00+02''::timetz'), ('timetz', '''12:00+01'''),
	('timestamp', '''2021-03-20 14:44:28.123456'''), ('timestamp', 'now()'), ('timestamp', 'LOCALTIMESTAMP(2)'), ('timestamp', '''infinity'''),
	('timestamp', '''-infinity'''), ('timestamp(3)', '''infinity'''), ('timestamp(0)', '''2020-01-01 00:00:00.7'''),
	('timestamp(3)', '''1969-12-31 23:59:59.9995'''), ('timestamp', '''294276-12-31 23:59:59.999999'''), ('timestamp', '''0044-03-15 01:02:03 BC'''),
	('timestamp', '(now() + ''1 day'')'), ('timestamp', '(LOCALTIMESTAMP - interval ''1 day'')'),
	('timestamptz', '''2021-03-20 14:44:28+01'''), ('timestamptz', 'now()'), ('timestamptz(3)', 'CURRENT_TIMESTAMP'), ('timestamptz', '''infinity'''),
	('timestamptz(0)', '''2020-01-01 00:00:00.7+00'''), ('timestamptz(2)', '''2020-01-01 00:00:00.128+00'''),
	('timestamptz', '''0044-03-15 01:02:03+00 BC'''), ('timestamptz', 'timezone(''utc'', now())'),
	('interval', '''1 year 2 mons 3 days 04:05:06.78'''), ('interval', '''-1 year -2 mons +3 days -04:05:06.789'''), ('interval', '''1.235 sec'''),
	('interval', '''1 mon -1 day'''), ('interval', 'make_interval(hours => 1)'), ('interval', '''1 week''::text::interval'), ('interval', '''PT5M''::text::interval'),
	('mood', '''ok'''), ('mood', '''it''''s'''), ('mood', 'E''new\nline'''), ('mood', '''ok''::text::mood'), ('mood', 'NULL'), ('"Mood 2"', '''ok'''),
	('defaults.mood', '''ok'''), ('"mood.3"', '''ok'''), ('int[]', '''{1}'''), ('point', '''(1,1)'''), ('int4range', '''[1,2)''');
DO $$
BEGIN
	EXECUTE (SELECT 'CREATE TABLE captured (id serial PRIMARY KEY' || string_agg(format(', c%s %s DEFAULT %s', n, type,
		CASE WHEN expression LIKE '%::%' THEN '(' || expression || ')' ELSE expression END), '' ORDER BY n) || ')' FROM cases);
END $$;

-- The defaults in the schema of the slot's last event, as they are spelled.
CREATE FUNCTION defaults(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (n int, type text, expression text, value text) LANGUAGE sql AS $$
	SELECT cases.n, cases.type, cases.expression, (field->'default')::text
	FROM (SELECT data::json->'schema'->'fields'->0->'fields'
			FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, VARIADIC '{schemas.enable,true}' || options)
				WITH ORDINALITY AS s(lsn, xid, data, n)
			ORDER BY s.n DESC LIMIT 1) AS event(fields),
		LATERAL json_array_elements(fields) AS f(field)
		JOIN cases ON field->>'field' = 'c' || cases.n
	ORDER BY cases.n
$$;
CREATE FUNCTION changed(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (type text, expression text, value text) LANGUAGE sql AS $$
	SELECT o.type, o.expression, o.value
	FROM defaults(VARIADIC options) AS o JOIN defaults() AS d USING (n)
	WHERE o.value IS DISTINCT FROM d.value
	ORDER BY n
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('defaults', pg_current_wal_lsn());
END $$;

SELECT 'slot' FROM pg_create_logical_replication_slot('defaults', 'cdc_json');

-- What each case comes to; what differs in other modes.
DO $$
BEGIN
	EXECUTE (SELECT format('INSERT INTO captured (%s) VALUES (%s)', string_agg('c' || n, ', ' ORDER BY n), string_agg('NULL', ', ')) FROM cases);
END $$;
SELECT type, expression, value FROM defaults();
SELECT * FROM changed('decimal.handling.mode', 'string');
SELECT * FROM changed('decimal.handling.mode', 'double');
SELECT * FROM changed('decimal.format', 'numeric');
SELECT * FROM changed('time.precision.mode', 'isostring');
SELECT * FROM changed('time.precision.mode', 'connect');
SELECT * FROM changed('time.precision.mode', 'nanoseconds');
SELECT * FROM changed('time.precision.mode', 'microseconds');
SELECT * FROM changed('interval.handling.mode', 'string');
SELECT * FROM changed('binary.handling.mode', 'hex');
-- The same with quirks, but for what a timestamp that overflows comes to.
SELECT * FROM changed('debezium.quirks', 'true');
-- No setting of the session shows.
CREATE TEMP TABLE kept AS SELECT * FROM defaults();
SET DateStyle = 'German';
SET TimeZone = 'America/St_Johns';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = -5;
SET quote_all_identifiers = on;
SET search_path = defaults, public;
SELECT count(*) AS compared, count(*) FILTER (WHERE k.value IS DISTINCT FROM d.value) AS different FROM kept AS k JOIN defaults() AS d USING (n);
RESET DateStyle;
RESET TimeZone;
RESET IntervalStyle;
RESET extra_float_digits;
RESET quote_all_identifiers;
RESET search_path;
CALL forget();

-- A serial column's default is 0, in the key too.
CREATE TABLE serials (s smallserial, i serial, b bigserial, g int GENERATED ALWAYS AS IDENTITY, v int GENERATED ALWAYS AS (1) STORED,
	PRIMARY KEY (s, i));
INSERT INTO serials DEFAULT VALUES;
SELECT data::json->'key'->'schema'->'fields' AS key, data::json->'value'->'schema'->'fields'->0->'fields' AS value
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'format', 'record', 'schemas.enable', 'true');
CALL forget();

-- A NULL stays one, unless the connector's default is asked for.  Then it is
-- the default in its place, in "before" too; without a schema as well.
CREATE TABLE nulls (id int PRIMARY KEY, a text DEFAULT 'it''s', b numeric DEFAULT 5, c mood DEFAULT 'ok', d int NOT NULL DEFAULT 7);
ALTER TABLE nulls REPLICA IDENTITY FULL;
INSERT INTO nulls VALUES (1, NULL, NULL, NULL);
UPDATE nulls SET a = 'x';
DELETE FROM nulls;
SELECT data::json->'before' AS before, data::json->'after' AS after
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL);
SELECT data::json->'before' AS before, data::json->'after' AS after
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'replace.null.with.default', 'true');
SELECT data::json->'before' AS before, data::json->'after' AS after
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'debezium.quirks', 'true');
SELECT data::json->'before' AS before, data::json->'after' AS after
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'debezium.quirks', 'true', 'replace.null.with.default', 'false');
CALL forget();

-- A column that the old tuple lacks: nothing by default; with quirks, or where
-- the schema must be satisfied, its default if it is required.
ALTER TABLE nulls REPLICA IDENTITY DEFAULT;
INSERT INTO nulls VALUES (1);
DELETE FROM nulls;
SELECT data::json->'before'->'d' AS d FROM pg_logical_slot_peek_changes('defaults', NULL, NULL) WHERE data::json->>'op' = 'd';
SELECT data::json->'before'->'d' AS d FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'debezium.quirks', 'true')
	WHERE data::json->>'op' = 'd';
SELECT data::json->'payload'->'before'->'d' AS d FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'schemas.enable', 'true')
	WHERE data::json->'payload'->>'op' = 'd';
CALL forget();

-- The default of a masked column is not shown, except with quirks.
INSERT INTO nulls VALUES (1);
SELECT data::json->'schema'->'fields'->0->'fields'->1 AS field, data::json->'payload'->'after' AS after
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'schemas.enable', 'true', 'column.mask.with.3.chars', 'public.nulls.a');
SELECT data::json->'schema'->'fields'->0->'fields'->1 AS field, data::json->'payload'->'after' AS after
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'schemas.enable', 'true', 'column.mask.with.3.chars', 'public.nulls.a',
		'debezium.quirks', 'true');
CALL forget();

-- The default is the one at that place in the log; a function that is gone since does not matter.
ALTER TABLE nulls ALTER a SET DEFAULT 'new';
INSERT INTO nulls (id) VALUES (2);
ALTER TABLE nulls ALTER a DROP DEFAULT, ALTER d SET DEFAULT defaults.f();
INSERT INTO nulls (id) VALUES (3);
ALTER TABLE nulls ALTER d DROP DEFAULT;
DROP FUNCTION defaults.f CASCADE;
INSERT INTO nulls (id, d) VALUES (4, 1);
SELECT data::json->'schema'->'fields'->0->'fields'->1 AS a, data::json->'schema'->'fields'->0->'fields'->4 AS d
	FROM pg_logical_slot_peek_changes('defaults', NULL, NULL, 'schemas.enable', 'true');

SELECT 'dropped' FROM pg_drop_replication_slot('defaults');
DROP TABLE cases, captured, kept, serials, nulls;
DROP FUNCTION defaults, changed;
DROP PROCEDURE forget;
DROP DOMAIN number;
DROP TYPE mood, "Mood 2", "mood.3";
DROP SCHEMA defaults CASCADE;
