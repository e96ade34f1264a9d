-- Intervals as microseconds and as ISO 8601 durations.
SET synchronous_commit = on;
SET client_min_messages = warning;

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_interval', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)) AS d(d),
		LATERAL (SELECT coalesce(nullif(d->>'after', '')::json, d->'before')) AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key <> 'id' ORDER BY n, o
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_interval', pg_current_wal_lsn());
END $$;
CREATE DOMAIN span AS interval(2);
CREATE TABLE t (id int PRIMARY KEY, i interval);
CREATE TABLE declared (id int PRIMARY KEY, i interval NOT NULL, i0 interval(0), iy interval YEAR TO MONTH, s span, a interval[]);
SELECT 'slot' FROM pg_create_logical_replication_slot('type_interval', 'cdc_json');

-- Schemas; an array of them is left out; a deleted row, which has the zero of its required column.
INSERT INTO declared VALUES (1, '1 year 1.25 s', '1.75 s', '14 months', '1.239 s', '{1 day}'), (2, '0', NULL, NULL, NULL, NULL);
SELECT mode, f->>'field' AS field, f::jsonb - 'field' AS schema
FROM unnest('{numeric,string}'::text[]) mode, LATERAL (SELECT data FROM pg_logical_slot_peek_changes('type_interval', NULL, NULL, 'schemas.enable', 'true', 'interval.handling.mode', mode) LIMIT 1) d,
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f;
SELECT * FROM after();
SELECT * FROM after('interval.handling.mode', 'string');
CALL forget();
DELETE FROM declared WHERE id = 1;
SELECT mode, a.* FROM unnest('{numeric,string}'::text[]) mode, after('interval.handling.mode', mode) a WHERE name = 'i';
SELECT mode, a.* FROM unnest('{numeric,string}'::text[]) mode, after('interval.handling.mode', mode, 'schemas.enable', 'true') a WHERE name = 'i';
SELECT mode, a.* FROM unnest('{numeric,string}'::text[]) mode, after('interval.handling.mode', mode, 'debezium.quirks', 'true', 'tombstones.on.delete', 'false') a WHERE name = 'i';
CALL forget();

-- Signs of their own, seconds as the double that Java has, hours beyond its int, and what no int64 can hold.
SET IntervalStyle = 'postgres';
INSERT INTO t SELECT row_number() OVER (), i FROM unnest('{0,P1Y2M3DT4H5M6.78S,-1 year -2 mons +3 days -04:05:06.789,1 year,-1 mon,1 hour,1.235 s,-1.235 s,1 us,-1 us,10 us,100 us,20 s,50.1 s,59.999999 s,-59.999999 s,10.028308 s,2147483647 hours,2147483648 hours,-2147483648 hours,2562047788 hours,2147483647 days,-2147483648 days,178000000 years,-178000000 years,292271 years,292272 years,2147483647 mons,-2147483648 mons}'::interval[]) i;
SELECT t.*, a.value, b.value AS string FROM after() a JOIN after('interval.handling.mode', 'string') b USING (id) JOIN t ON a.id = t.id::text ORDER BY t.id;
SELECT * FROM after() EXCEPT SELECT * FROM after('debezium.quirks', 'true');
CALL forget();

-- Infinite ones, which there are since PostgreSQL 17: no value fits, and all zeros in the connector's eyes.
TRUNCATE t;
DO $$
BEGIN
	IF current_setting('server_version_num')::int >= 170000 THEN
		EXECUTE $q$INSERT INTO t VALUES (1, 'infinity'), (2, '-infinity')$q$;
	END IF;
END $$;
SELECT coalesce(bool_and(value = 'null'), true) AS ok FROM after();
SELECT coalesce(bool_and(value = '0'), true) AS ok FROM after('debezium.quirks', 'true');
SELECT coalesce(bool_and(value = '"P0Y0M0DT0H0M0S"'), true) AS ok FROM after('debezium.quirks', 'true', 'interval.handling.mode', 'string');
CALL forget();

-- Thousands of values, against doubles of the server, under settings that change how it prints them.
TRUNCATE t;
SELECT 'seed' FROM setseed(0.5);
INSERT INTO t SELECT g, CASE g % 5
		WHEN 0 THEN make_interval(secs => random() * 120 - 60)
		WHEN 1 THEN make_interval(months => (random() * 40000 - 20000)::int, days => (random() * 100000 - 50000)::int, secs => random() * 1e7 - 5e6)
		WHEN 2 THEN make_interval(months => ((random() - 0.5) * 6000000)::int, days => ((random() - 0.5) * 100000000)::int, secs => (random() - 0.5) * 1e12)
		WHEN 3 THEN make_interval(days => (random() * 60 - 30)::int, hours => (random() * 50)::int, mins => -(random() * 90)::int, secs => (g % 60)::float8 + 0.123457)
		ELSE make_interval(secs => g * 0.000001)
	END FROM generate_series(1, 5000) g;
CREATE VIEW expected AS
	SELECT id::text, trunc(((((((12 * y + m) * 30.4375::float8) + d) * 24 + h) * 60 + mi) * 60 + s) * 1e6::float8) AS micros,
		format('"P%sY%sM%sDT%sH%sM%sS"', y, m, d, h, mi, trim_scale(trunc(s::text::numeric, 9))) AS iso
	FROM (SELECT id, extract(year FROM i)::int AS y, extract(month FROM i)::int AS m, extract(day FROM i)::int AS d, extract(hour FROM i)::bigint AS h,
		extract(minute FROM i)::int AS mi, trunc(extract(second FROM i))::float8 + (extract(microseconds FROM i)::int % 1000000) / 1000000::float8 AS s FROM t) v;
SELECT count(*) AS compared, count(*) FILTER (WHERE value::bigint <> CASE WHEN micros >= 2::float8 ^ 63 THEN 9223372036854775807
		WHEN micros < -(2::float8 ^ 63) THEN -9223372036854775808 ELSE micros::bigint END) AS wrong
	FROM after() JOIN expected USING (id);
SELECT count(*) AS compared, count(*) FILTER (WHERE value <> iso) AS wrong FROM after('interval.handling.mode', 'string') JOIN expected USING (id);
SELECT md5(string_agg(a::text || b, ' ')) AS sum FROM after() a JOIN after('interval.handling.mode', 'string') b USING (id) \gset
SET IntervalStyle = 'sql_standard';
SELECT md5(string_agg(a::text || b, ' ')) = :'sum' AS same FROM after() a JOIN after('interval.handling.mode', 'string') b USING (id);
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = -5;
SELECT md5(string_agg(a::text || b, ' ')) = :'sum' AS same FROM after() a JOIN after('interval.handling.mode', 'string') b USING (id);

SELECT 'dropped' FROM pg_drop_replication_slot('type_interval');
DROP VIEW expected;
DROP TABLE t, declared;
DROP DOMAIN span;
DROP FUNCTION after;
DROP PROCEDURE forget;
