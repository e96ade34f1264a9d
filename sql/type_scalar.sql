-- Booleans, integers, object ids and floats: ends of their ranges, schemas, zeros of what the log does not hold.
SET synchronous_commit = on;
SET client_min_messages = warning;
SET extra_float_digits = -3;
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION image(which text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT (coalesce(data::json->'payload', data::json)->which)::text FROM pg_logical_slot_peek_changes('type_scalar', NULL, NULL, VARIADIC options)
$$;
CREATE DOMAIN small AS int2;
CREATE DOMAIN smaller AS small CHECK (VALUE < 10);
CREATE TABLE t (id serial PRIMARY KEY, b bool, i2 int2, i4 int4, i8 int8, o oid, r float4, d float8, s smallserial, bs bigserial, dom smaller);
CREATE TABLE required (id int PRIMARY KEY, b bool NOT NULL, i2 int2 NOT NULL, i4 int4 NOT NULL, i8 int8 NOT NULL, o oid NOT NULL,
	r float4 NOT NULL, d float8 NOT NULL, dom smaller NOT NULL);
CREATE TABLE arrays (id int PRIMARY KEY, b bool[], i2 int2[], i4 int4[], i8 int8[], o oid[], r float4[], d float8[]);
SELECT 'slot' FROM pg_create_logical_replication_slot('type_scalar', 'cdc_json');

INSERT INTO t (b, i2, i4, i8, o, r, d, dom) VALUES (true, -32768, -2147483648, -9223372036854775808, 0, 'NaN', '-Infinity', -1),
	(false, 32767, 2147483647, 9223372036854775807, 4294967295, 'Infinity', 'NaN', 9), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(true, 0, 0, 0, 4000000000, '-0', '-0', 0), (true, 1, 1, 1, 1, 3.3, 0.30000000000000004, 1), (true, 1, 1, 1, 1, 1e-45, 5e-324, 1),
	(true, 1, 1, 1, 1, 9999999, 9999999, 1), (true, 1, 1, 1, 1, 1e7, 1e7, 1), (true, 1, 1, 1, 1, 1e-3, 9.99e-4, 1), (true, 1, 1, 1, 1, 3.4028235e38, 1.7976931348623157e308, 1);
SELECT image('after');
SELECT 'as the connector' FROM (SELECT image('after') EXCEPT ALL SELECT image('after', 'debezium.quirks', 'true', 'schemas.enable', 'true')) d HAVING count(*) = 0;
SELECT f FROM (SELECT data FROM pg_logical_slot_peek_changes('type_scalar', NULL, NULL, 'schemas.enable', 'true') LIMIT 1) s,
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f;
SELECT pg_replication_slot_advance('type_scalar', pg_current_wal_lsn()) IS NOT NULL;

INSERT INTO arrays VALUES (1, '{t,NULL,f}', '{1,NULL,-2}', '{1,NULL,-2}', '{1,NULL,-2}', '{1,NULL,4294967295}', '{1,NULL,NaN}', '{1.5,NULL,-Infinity}'), (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}');
SELECT image('after');
SELECT pg_replication_slot_advance('type_scalar', pg_current_wal_lsn()) IS NOT NULL;

-- A deleted row: null by default, the connector's zeros with quirks or where the schema requires a value.
INSERT INTO required VALUES (1, true, 1, 1, 1, 1, 1, 1, 1);
SELECT pg_replication_slot_advance('type_scalar', pg_current_wal_lsn()) IS NOT NULL;
DELETE FROM required;
SELECT image('before');
SELECT image('before', 'debezium.quirks', 'true');
SELECT image('before', 'schemas.enable', 'true');
SELECT 'dropped' FROM pg_drop_replication_slot('type_scalar');
DROP TABLE t, required, arrays;
DROP DOMAIN smaller, small;
DROP FUNCTION image;
