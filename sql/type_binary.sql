-- bytea in its four modes, and bit strings.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE SCHEMA type_binary;
SET search_path = type_binary, public;
SET bytea_output = escape;

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF json LANGUAGE sql AS $$
	SELECT COALESCE(data::json->'payload', data::json)->'after'
	FROM pg_logical_slot_peek_changes('type_binary', NULL, NULL, VARIADIC options)
	WHERE COALESCE(data::json->'payload', data::json)->>'op' <> 'd'
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_binary', pg_current_wal_lsn());
END $$;

CREATE TABLE t (id int PRIMARY KEY, b bytea, nn bytea NOT NULL DEFAULT '');
CREATE TABLE bits (id int PRIMARY KEY, b1 bit, b5 bit(5), b64 bit(64), v varbit, v1 varbit(1), v7 varbit(7));
SELECT 'slot' FROM pg_create_logical_replication_slot('type_binary', 'cdc_json');

INSERT INTO t VALUES (1, '\x010203', '\x'), (2, '\xfffefdfcfbfa', '\xff'), (3, NULL, '\x00'), (4, '\x3e3f3e3f', '\xfbff');
SELECT after();
SELECT after('binary.handling.mode', 'base64');
SELECT after('binary.handling.mode', 'base64-url-safe');
SELECT after('binary.handling.mode', 'hex');
SELECT mode, f->>'field' AS field, f->>'type' AS type, f->'name' AS name
FROM unnest('{bytes,base64,base64-url-safe,hex}'::text[]) mode,
	LATERAL (SELECT data FROM pg_logical_slot_peek_changes('type_binary', NULL, NULL, 'schemas.enable', 'true', 'binary.handling.mode', mode) LIMIT 1) d,
	LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f
WHERE f->>'field' = 'b';
CALL forget();

-- Bit strings: little-endian, without leading zeros; one bit is a boolean.
INSERT INTO bits VALUES (1, '1', '00011', 1::bit(64), '111011010001000110000001000000001', '0', '1000000'),
	(2, '0', '00000', (-1)::bit(64), '', '1', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL), (4, '1', '10000', 1::bit(64) << 63, '000000110000001000000001', '', '0000001'),
	(5, '1', '11111', 256::bit(64), '0000000000000000', '1', '11');
SELECT after();
SELECT f FROM (SELECT data FROM pg_logical_slot_peek_changes('type_binary', NULL, NULL, 'schemas.enable', 'true') LIMIT 1) d,
	LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f WHERE f->>'field' <> 'id';
CALL forget();

-- All lengths: the number that the bytes make is that of the bits.
CREATE TABLE lengths (id int PRIMARY KEY, v varbit);
INSERT INTO lengths SELECT g, (repeat('10110', 13)::varbit << (65 - g) >> 0)::varbit(65) FROM generate_series(0, 64) g;
INSERT INTO lengths SELECT 100 + g, substr(repeat('1011001', 10), 1, g)::varbit FROM generate_series(0, 62) g;
SELECT count(*), bool_and((SELECT string_agg(lpad(to_bin, 8, '0'), '' ORDER BY i DESC)
	FROM (SELECT i, get_byte(bytes, i)::bit(8)::text AS to_bin FROM generate_series(0, length(bytes) - 1) i) x)
	IS NOT DISTINCT FROM NULLIF(lpad(ltrim(l.v::text, '0'), (length(ltrim(l.v::text, '0')) + 7) / 8 * 8, '0'), '')) AS same
FROM after() a JOIN lengths l ON l.id = (a->>'id')::int, LATERAL decode(a->>'v', 'base64') bytes;
CALL forget();

-- Fallbacks and placeholders in each mode.
CREATE TABLE o (id int PRIMARY KEY, b bytea, v varbit, v1 varbit(1) NOT NULL, nn bytea NOT NULL);
ALTER TABLE o ALTER b SET STORAGE EXTERNAL, ALTER v SET STORAGE EXTERNAL;
INSERT INTO o VALUES (1, decode(repeat('ab', 3000), 'hex'), repeat('1', 30000)::varbit, '', '\x01');
CALL forget();
UPDATE o SET nn = '\x02';
DELETE FROM o;
SELECT after(VARIADIC o) AS after, o FROM (VALUES (ARRAY['binary.handling.mode', 'bytes']), (ARRAY['binary.handling.mode', 'base64']),
	(ARRAY['binary.handling.mode', 'hex']), (ARRAY['schemas.enable', 'true']), (ARRAY['schemas.enable', 'true', 'binary.handling.mode', 'base64']),
	(ARRAY['debezium.quirks', 'true']), (ARRAY['debezium.quirks', 'true', 'binary.handling.mode', 'base64'])) AS v(o);
SELECT COALESCE(data::json->'payload', data::json)->'before'
FROM pg_logical_slot_peek_changes('type_binary', NULL, NULL, 'schemas.enable', 'true') OFFSET 1;
CALL forget();

-- A megabyte.
CREATE TABLE long (id int PRIMARY KEY, b bytea);
INSERT INTO long SELECT n, (SELECT decode(string_agg(md5(g::text), ''), 'hex') FROM generate_series(1, 65536) g) || substr('\x010203'::bytea, 1, n)
	FROM generate_series(0, 3) n;
SELECT length(l.b), decode(a->>'b', 'base64') = l.b AS bytes, decode(h->>'b', 'hex') = l.b AS hex, decode(translate(u->>'b', '-_', '+/'), 'base64') = l.b AS url
FROM long l JOIN after() a ON l.id = (a->>'id')::int JOIN after('binary.handling.mode', 'hex') h ON l.id = (h->>'id')::int
	JOIN after('binary.handling.mode', 'base64-url-safe') u ON l.id = (u->>'id')::int ORDER BY 1;

SELECT 'dropped' FROM pg_drop_replication_slot('type_binary');
DROP SCHEMA type_binary CASCADE;
