-- What each option for values does.  All types in all modes: type_*.sql.
SET synchronous_commit = on;
SET client_min_messages = warning;
SET lc_monetary = 'C';
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS hstore;
SELECT 'slot' FROM pg_create_logical_replication_slot('options_values', 'cdc_json');
CREATE TABLE options_t (id int PRIMARY KEY, n numeric(5,2), m money, t timestamp(3), i interval, h hstore, b bytea, x pg_lsn, big text);
ALTER TABLE options_t ALTER big SET STORAGE EXTERNAL;
INSERT INTO options_t VALUES (1, 1.5, 1.25, '2026-02-03 04:05:06.789', '1 day 02:03:04', 'a=>b', '\xfbff', '0/10000000', repeat('x', 3000));
UPDATE options_t SET n = n;
CREATE FUNCTION after(name text, VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT data::json->'after'->>name FROM pg_logical_slot_peek_changes('options_values', NULL, NULL, VARIADIC options) LIMIT 1
$$;

-- decimal.handling.mode, for money too
SELECT o, after('n', 'decimal.handling.mode', o), after('m', 'decimal.handling.mode', o) FROM unnest(ARRAY['precise', 'double', 'string']) AS o;
-- money.fraction.digits
SELECT o, after('m', 'money.fraction.digits', o, 'decimal.format', 'numeric') FROM unnest(ARRAY['0', '1', '2', '18']) AS o;
-- time.precision.mode
SELECT o, after('t', 'time.precision.mode', o)
FROM unnest(ARRAY['adaptive', 'adaptive_time_microseconds', 'connect', 'isostring', 'microseconds', 'nanoseconds']) AS o;
-- interval.handling.mode
SELECT o, after('i', 'interval.handling.mode', o) FROM unnest(ARRAY['numeric', 'string']) AS o;
-- hstore.handling.mode
SELECT o, after('h', 'hstore.handling.mode', o) FROM unnest(ARRAY['json', 'map']) AS o;
-- binary.handling.mode
SELECT o, after('b', 'binary.handling.mode', o) FROM unnest(ARRAY['bytes', 'base64', 'base64-url-safe', 'hex']) AS o;
-- include.unknown.datatypes
SELECT o, after('x', 'include.unknown.datatypes', o) FROM unnest(ARRAY['false', 'true']) AS o;
-- unavailable.value.placeholder
SELECT o, data::json->'after'->>'big' FROM unnest(ARRAY['__debezium_unavailable_value', 'N/A', 'hex:4E2F41']) AS o,
	LATERAL pg_logical_slot_peek_changes('options_values', NULL, NULL, 'unavailable.value.placeholder', o)
WHERE data::json->>'op' = 'u';

DROP FUNCTION after(text, text[]);
DROP TABLE options_t;
DROP EXTENSION hstore;
SELECT 'dropped' FROM pg_drop_replication_slot('options_values');
