-- Dates, times and timestamps in every mode, and what lies at the ends of their ranges.
SET synchronous_commit = on;
SET client_min_messages = warning;
SET TimeZone = 'UTC';

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_temporal', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)) AS d(d),
		LATERAL (SELECT coalesce(nullif(d->>'after', '')::json, d->'before')) AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key <> 'id' ORDER BY n, o
$$;
-- Each event's row on one line, without its key.
CREATE FUNCTION row_text(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, line text) LANGUAGE sql AS $$
	SELECT id, string_agg(name || ' ' || value, ' ' ORDER BY n) FROM after(VARIADIC options) WITH ORDINALITY a(id, name, value, n) GROUP BY 1 ORDER BY min(n)
$$;
-- What the second options change.
CREATE FUNCTION difference(a text[], b text[]) RETURNS TABLE (id text, name text, was text, is_now text) LANGUAGE sql AS $$
	SELECT a.id, a.name, a.value, b.value
	FROM after(VARIADIC a) WITH ORDINALITY a(id, name, value, n) JOIN after(VARIADIC b) WITH ORDINALITY b(id, name, value, n) USING (n)
	WHERE a.value <> b.value ORDER BY n
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_temporal', pg_current_wal_lsn());
END $$;
CREATE FUNCTION modes() RETURNS SETOF text LANGUAGE sql AS $$
	VALUES ('adaptive'), ('adaptive_time_microseconds'), ('connect'), ('isostring'), ('microseconds'), ('nanoseconds')
$$;

CREATE DOMAIN centis AS timestamp(2);
CREATE TABLE t (id int PRIMARY KEY, d date, tm time, t0 time(0), t3 time(3), t4 time(4), ttz timetz, ttz2 timetz(2),
	ts timestamp, ts0 timestamp(0), ts3 timestamp(3), ts4 timestamp(4), dom centis, tz timestamptz, tz0 timestamptz(0), tz2 timestamptz(2));
CREATE TABLE required (id int PRIMARY KEY, d date NOT NULL, tm time NOT NULL, t3 time(3) NOT NULL, ttz timetz NOT NULL,
	ts timestamp NOT NULL, ts3 timestamp(3) NOT NULL, tz timestamptz NOT NULL, tz0 timestamptz(0) NOT NULL);
CREATE TABLE dates (id int PRIMARY KEY, d date, da date[]);
CREATE TABLE times (id int PRIMARY KEY, t time, ta time[], m timetz, ma timetz[]);
CREATE TABLE stamps (id int PRIMARY KEY, s timestamp, sa timestamp[]);
CREATE TABLE zoned (id int PRIMARY KEY, z timestamptz, za timestamptz(1)[]);
SELECT 'slot' FROM pg_create_logical_replication_slot('type_temporal', 'cdc_json');

-- Schemas and values in each mode; NULL; a deleted row, which has the zeros of its required columns.
INSERT INTO t SELECT 1, s::date, s::time, s::time, s::time, s::time, '13:51:30.123456+02', '13:51:30.12-03:30', s, s, s, s, s, s, s, s
	FROM (VALUES ('2016-11-04 13:51:30.123456'::timestamp)) v(s);
INSERT INTO t VALUES (2);
SELECT mode, f->>'field' AS field, f->>'type' AS type, f->>'name' AS name, f->>'version' AS version, f->>'optional' AS optional
FROM modes() mode, LATERAL (SELECT data FROM pg_logical_slot_peek_changes('type_temporal', NULL, NULL, 'schemas.enable', 'true', 'time.precision.mode', mode) LIMIT 1) d,
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f
WHERE f->>'field' <> 'id' AND (mode = 'adaptive' OR f->>'field' !~ 'z|4|dom');
SELECT mode, l.line FROM modes() mode, row_text('time.precision.mode', mode) l WHERE l.id = '1';
SELECT line FROM row_text() WHERE id = '2';
CALL forget();
INSERT INTO required VALUES (1, '2020-01-01', '12:00', '12:00', '12:00+00', '2020-01-01', '2020-01-01', '2020-01-01', '2020-01-01');
DELETE FROM required;
SELECT mode, line FROM modes() mode, row_text('time.precision.mode', mode, 'skipped.operations', 'c') l;
SELECT mode, d.* FROM modes() mode, difference(ARRAY['time.precision.mode', mode], ARRAY['time.precision.mode', mode, 'debezium.quirks', 'true', 'tombstones.on.delete', 'false']) d;
CALL forget();

-- Dates: the infinite ones are false with quirks, and so are the first centuries in arrays.
INSERT INTO dates SELECT row_number() OVER (), d, ARRAY[d, NULL]
	FROM unnest('{infinity,-infinity,1970-01-01,1969-12-31,2000-02-29,9999-12-31,10000-01-01,5874897-12-31,1582-10-15,1582-10-14,1582-10-05,1582-10-04,0001-01-01,0001-12-31 BC,0044-03-15 BC,0005-03-01 BC,4714-11-24 BC}'::date[]) d;
SELECT a.id, a.value, b.value AS iso FROM after() WITH ORDINALITY a(id, name, value, n)
	JOIN after('time.precision.mode', 'isostring') WITH ORDINALITY b(id, name, value, n) USING (n) ORDER BY n;
SELECT * FROM difference('{}', '{debezium.quirks,true}');
SELECT * FROM difference('{time.precision.mode,isostring}', '{time.precision.mode,isostring,debezium.quirks,true}');
SELECT * FROM difference('{}', '{schemas.enable,true}');
CALL forget();

-- Times: 24:00 is a whole day as a number; with quirks an array's lose what java.sql.Time does not hold.
INSERT INTO times SELECT row_number() OVER (), t, ARRAY[t], m, ARRAY[m, NULL]
	FROM unnest('{00:00,00:00:00.000001,00:00:00.0999,12:34:56.789,23:59:59.999999,24:00}'::time[],
		'{00:00+00,00:00:00.000001-15:59,00:00+15:59,24:00+00,10:00+05:30:15,23:59:59.999999-00:00:01}'::timetz[]) v(t, m);
SELECT mode, l.* FROM unnest('{adaptive,connect,isostring,nanoseconds}'::text[]) mode, row_text('time.precision.mode', mode) l;
SELECT mode, d.* FROM unnest('{adaptive,connect,isostring,nanoseconds}'::text[]) mode,
	difference(ARRAY['time.precision.mode', mode], ARRAY['time.precision.mode', mode, 'debezium.quirks', 'true']) d;
CALL forget();

-- Timestamps: what does not fit into int64 is null; with quirks microseconds wrap as in Java, nanoseconds begin with a whole day.
INSERT INTO stamps SELECT row_number() OVER (), s, ARRAY[s, NULL]
	FROM unnest('{infinity,-infinity,1969-12-31 23:59:59.999999,1677-09-21 00:12:43.145224,1677-09-21 00:12:43.145225,1677-09-21 23:59:59.999999,1677-09-22,2262-04-11 23:47:16.854775,2262-04-11 23:47:16.854776,294247-01-10 04:00:25.2,294247-01-10 04:00:54.775807,294247-01-10 04:00:54.775808,294247-01-10 04:00:55,294276-12-31 23:59:59.999999,1582-10-15,1582-10-14 23:59:59.999999,0001-01-01,0044-03-15 01:02:03.4 BC,4714-11-24 BC}'::timestamp[]) s;
SELECT mode, l.* FROM unnest('{microseconds,connect,isostring,nanoseconds}'::text[]) mode, row_text('time.precision.mode', mode) l;
SELECT mode, d.* FROM unnest('{microseconds,connect,isostring,nanoseconds}'::text[]) mode,
	difference(ARRAY['time.precision.mode', mode], ARRAY['time.precision.mode', mode, 'debezium.quirks', 'true']) d;
SELECT mode, d.* FROM modes() mode, difference(ARRAY['time.precision.mode', mode], ARRAY['time.precision.mode', mode, 'schemas.enable', 'true']) d;
CALL forget();

-- With a zone there are no numbers, so nothing overflows.
INSERT INTO zoned SELECT row_number() OVER (), z, ARRAY[z, NULL]
	FROM unnest('{infinity,-infinity,1969-12-31 23:59:59.999999+00,2020-04-01 13:51:02.5+05:30,10000-01-01 00:00+00,294276-12-31 23:59:59.9+00,1582-10-14 23:59:59.9+00,0001-01-01 00:00+00,0044-03-15 01:02:03.4+00 BC,4714-11-24 00:00+00 BC}'::timestamptz[]) z;
SELECT * FROM row_text();
SELECT * FROM difference('{}', '{debezium.quirks,true}');
CALL forget();

-- A value that does not convert in a required column: null, or the zero where the schema must be met.
INSERT INTO required SELECT 2, '-infinity', '24:00', '24:00', '24:00-01', 'infinity'::timestamp, '-infinity', 'infinity', '-infinity';
INSERT INTO required SELECT 3, '2020-01-01', '12:00', '12:00', '12:00+00', '294276-12-31', '0001-01-01', '2020-01-01', '2020-01-01';
SELECT mode, l.* FROM unnest('{adaptive,nanoseconds}'::text[]) mode, row_text('time.precision.mode', mode) l;
SELECT mode, d.* FROM modes() mode, difference(ARRAY['time.precision.mode', mode], ARRAY['time.precision.mode', mode, 'schemas.enable', 'true']) d;
SELECT mode, d.* FROM modes() mode, difference(ARRAY['time.precision.mode', mode], ARRAY['time.precision.mode', mode, 'debezium.quirks', 'true']) d WHERE name IN ('ts', 'ts3', 'tz', 'tz0');
CALL forget();

-- Thousands of values, against the server's own arithmetic, under settings that change how it prints them.
CREATE FUNCTION iso(s timestamp, digits int) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN y < 0 THEN '-' WHEN y > 9999 THEN '+' ELSE '' END || lpad(abs(y)::text, greatest(4, length(abs(y)::text)), '0') ||
		to_char(s, '-MM-DD"T"HH24:MI:SS') || CASE WHEN digits > 0 THEN left(to_char(s, '.US'), digits + 1) WHEN digits = 0 THEN '' ELSE rtrim(rtrim(to_char(s, '.US'), '0'), '.') END || 'Z'
	FROM (SELECT extract(year FROM s)::int + CASE WHEN s < '0001-01-01' THEN 1 ELSE 0 END) v(y)
$$;
TRUNCATE t;
SELECT 'seed' FROM setseed(0.5);
INSERT INTO t SELECT g, s::date, s::time, s::time, s::time, s::time, s::time - time '00:00' + '00:00+00'::timetz, NULL, s, s, s, s, s, s, s, s
FROM (SELECT g, CASE g % 4
		WHEN 0 THEN timestamp '1970-01-01' + random() * interval '60 years'
		WHEN 1 THEN timestamp '4714-11-25 BC' + random() * interval '8000 years'
		WHEN 2 THEN timestamp '2000-01-01' + random() * interval '292000 years'
		ELSE date_trunc((ARRAY['second', 'day', 'month', 'year', 'century'])[1 + g / 4 % 5], timestamp '1000-01-01' + random() * interval '2000 years') - (g / 4 % 2) * interval '1 us'
	END AS s FROM generate_series(1, 800) g) v;
SELECT count(*) AS compared, count(*) FILTER (WHERE a.value <> CASE WHEN expected !~ '"' AND abs(expected::numeric) > 9223372036854775807 THEN 'null' ELSE expected END) AS wrong
FROM modes() mode, after('time.precision.mode', mode) a JOIN t ON t.id::text = a.id,
	LATERAL (VALUES ('d', d::timestamp, 0), ('tm', '1970-01-01'::date + tm, 6), ('t0', '1970-01-01'::date + t0, 0), ('t3', '1970-01-01'::date + t3, 3),
		('t4', '1970-01-01'::date + t4, 4), ('ts', ts, 6), ('ts0', ts0, 0), ('ts3', ts3, 3), ('ts4', ts4, 4), ('dom', dom, 2),
		('tz', tz AT TIME ZONE 'UTC', 6), ('tz0', tz0 AT TIME ZONE 'UTC', 0), ('tz2', tz2 AT TIME ZONE 'UTC', 2), ('ttz', '1970-01-01'::date + (ttz AT TIME ZONE 'UTC')::time, -1)) v(name, s, digits),
	LATERAL (SELECT CASE
		WHEN v.name = 'ttz' OR (mode = 'isostring' AND v.name ~ '^t[m0-9]') THEN '"' || substr(iso(s, -1), 12) || '"'
		WHEN v.name ~ 'z' THEN '"' || iso(s, digits) || '"'
		WHEN mode = 'isostring' AND v.name = 'd' THEN '"' || replace(iso(s, 0), 'T00:00:00', '') || '"'
		WHEN mode = 'isostring' THEN '"' || iso(s, -1) || '"'
		WHEN v.name = 'd' THEN (s::date - date '1970-01-01')::text
		WHEN mode = 'connect' OR (digits <= 3 AND (mode = 'adaptive' OR (mode = 'adaptive_time_microseconds' AND v.name !~ '^t[m0-9]'))) THEN floor(extract(epoch FROM s) * 1000)::text
		WHEN mode = 'nanoseconds' THEN trunc(extract(epoch FROM s) * 1000000000)::text
		ELSE trunc(extract(epoch FROM s) * 1000000)::text END) e(expected)
WHERE a.name = v.name;
SELECT md5(string_agg(a::text, ' ')) AS sum FROM after() a \gset
SET DateStyle = 'German';
SET TimeZone = 'Asia/Kathmandu';
SET IntervalStyle = 'sql_standard';
SELECT md5(string_agg(a::text, ' ')) = :'sum' AS same FROM after() a;
SET DateStyle = 'SQL, MDY';
SET TimeZone = 'America/St_Johns';
SELECT md5(string_agg(a::text, ' ')) = :'sum' AS same FROM after() a;

SELECT 'dropped' FROM pg_drop_replication_slot('type_temporal');
DROP TABLE t, required, dates, times, stamps, zoned;
DROP DOMAIN centis;
DROP FUNCTION after, row_text, difference, modes, iso;
DROP PROCEDURE forget;
