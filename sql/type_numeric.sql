-- numeric and money in every mode: spelling, scales, boundaries, what has no number, and very long ones.
SET synchronous_commit = on;
SET client_min_messages = warning;
SET extra_float_digits = -3;
\pset format unaligned
\pset tuples_only on

-- The columns of each event's "after" (of a deleted row: "before"), as they are spelled; long ones by their length and ends.
CREATE FUNCTION cells(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_numeric', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)) AS d(d),
		LATERAL (SELECT coalesce(nullif(d->>'after', '')::json, d->'before')) AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key <> 'id' ORDER BY n, o
$$;
CREATE FUNCTION lines(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, line text) LANGUAGE sql AS $$
	SELECT id, string_agg(name || ' ' || CASE WHEN length(value) < 60 THEN value
		ELSE length(value) || ': ' || left(value, 12) || '...' || right(value, 12) END, ' ' ORDER BY n)
	FROM cells(VARIADIC options) WITH ORDINALITY c(id, name, value, n) GROUP BY 1 ORDER BY min(n)
$$;
-- The schema of each column but the key, without the members that all have.
CREATE FUNCTION schemas(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT f::text FROM (SELECT data FROM pg_logical_slot_peek_changes('type_numeric', NULL, NULL, VARIADIC options || '{schemas.enable,true}'::text[]) LIMIT 1) s,
		json_array_elements(data::json->'schema'->'fields'->0->'fields') f WHERE f->>'field' <> 'id'
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_numeric', pg_current_wal_lsn());
END $$;

CREATE DOMAIN price AS numeric(6,3);
CREATE DOMAIN net_price AS price;
CREATE DOMAIN anything AS numeric;
CREATE TABLE t (id int PRIMARY KEY, n32 numeric(3,2), n4 numeric(4), v numeric, n30 numeric(30,10), big numeric(1000,0),
	small numeric(3,5), minus numeric(5,-2), p net_price, a anything);
CREATE TABLE required (id int PRIMARY KEY, n52 numeric(5,2) NOT NULL, v numeric NOT NULL, tiny numeric(10,9) NOT NULL,
	minus numeric(5,-2) NOT NULL, m money NOT NULL);
CREATE TABLE arrays (id int PRIMARY KEY, n52 numeric(5,2)[], v numeric[]);
CREATE TABLE cash (id int PRIMARY KEY, m money);
CREATE TABLE long (id int PRIMARY KEY, i int, v numeric, n numeric(1000,20));
CREATE TABLE random (id int PRIMARY KEY, v numeric, n numeric(200,40));
ALTER TABLE long ALTER v SET STORAGE EXTERNAL;
SELECT 'slot' FROM pg_create_logical_replication_slot('type_numeric', 'cdc_json');

-- Schemas and values in each mode.
INSERT INTO t VALUES (1, 1.1, 10.11, 10.1111, 1.5, 1, 0.00123, 12345, 1.5, 1.5), (2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	(3, -1, -1, -1, -0.00001, -1, -0.00001, -51, -1, -1), (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(5, -1.28, 128, 22.20, 12345678901234567890.0123456789, 1e999, 0.00999, 9999900, 999.999, 1e20),
	(6, 1.27, 127, 1e20, 0.0000000001, -1e999, 0.00256, -9999900, 0.001, 0.00),
	(7, 2.55, -128, 100.00, -0.0000000001, 18446744073709551616, 0.001, 100, 10, 1e-20),
	(8, 2.56, -129, 1e-7, 99999999999999999999, -9223372036854775808, -0.00128, 0, 0.1, 1e-400),
	(9, NULL, 255, 0e-10, 0.0000001, -9223372036854775809, 0, 0, 0, 9007199254740993);
SELECT * FROM schemas('decimal.handling.mode', 'precise');
SELECT DISTINCT f COLLATE "C" FROM schemas('decimal.handling.mode', 'double') f ORDER BY 1;
SELECT * FROM schemas('decimal.handling.mode', 'string') LIMIT 3;
SELECT 'precise', * FROM lines();
SELECT 'numeric', * FROM lines('decimal.format', 'NUMERIC');
SELECT 'double', * FROM lines('decimal.handling.mode', 'double');
SELECT 'string', * FROM lines('decimal.handling.mode', 'string');
-- Nothing of this depends on quirks.
SELECT mode, count(*) FROM unnest('{precise,double,string}'::text[]) mode,
	LATERAL (SELECT * FROM cells('decimal.handling.mode', mode) EXCEPT SELECT * FROM cells('decimal.handling.mode', mode, 'debezium.quirks', 'true')) d GROUP BY 1;
CALL forget();

-- What is not a number: null where the schema has no room for it, and zero where it is required besides.
INSERT INTO t (id, n32, v, p) VALUES (11, 'NaN', 'NaN', 'NaN'), (12, NULL, 'Infinity', NULL), (13, NULL, '-Infinity', NULL);
INSERT INTO required VALUES (14, 'NaN', '-Infinity', 'NaN', 'NaN', 0);
SELECT mode, quirks, schemas, id, line FROM unnest('{precise,double,string}'::text[]) mode, unnest('{false,true}'::text[]) quirks, unnest('{false,true}'::text[]) schemas,
	LATERAL (SELECT id, string_agg(name || ' ' || left(value, 40), ' ' ORDER BY n) FROM cells('decimal.handling.mode', mode, 'debezium.quirks', quirks, 'schemas.enable', schemas) WITH ORDINALITY c(id, name, value, n)
		WHERE value <> 'null' OR name IN ('n52', 'v') GROUP BY 1 ORDER BY 1) l(id, line)
WHERE quirks = 'false' OR id <> '14' ORDER BY mode, quirks, schemas, id;
CALL forget();

-- In an array, the connector gives up the whole value.
INSERT INTO arrays VALUES (1, '{1,2.5,NULL}', '{1,2.50,NULL,1e20}'), (2, '{1,NaN}', '{1,NaN,Infinity}'), (3, '{}', '{{1,2},{3,4}}');
SELECT mode, quirks, id, line FROM unnest('{precise,double,string}'::text[]) mode, unnest('{false,true}'::text[]) quirks,
	LATERAL lines('decimal.handling.mode', mode, 'debezium.quirks', quirks) ORDER BY mode, quirks, id;
CALL forget();

-- The zeros of required columns that the log does not hold.
INSERT INTO required VALUES (1, 1, 1, 1, 100, 1);
CALL forget();
DELETE FROM required WHERE id = 1;
SELECT 'default', * FROM lines();
SELECT mode, format, line FROM unnest('{precise,double,string}'::text[]) mode, unnest('{BASE64,NUMERIC}'::text[]) format,
	LATERAL lines('decimal.handling.mode', mode, 'decimal.format', format, 'debezium.quirks', 'true') ORDER BY mode, format, id;
SELECT * FROM lines('decimal.handling.mode', 'string', 'money.fraction.digits', '1', 'schemas.enable', 'true');
CALL forget();

-- Values out of line that an update leaves alone.
INSERT INTO long (id, v) VALUES (0, ('1' || repeat('0123456789', 1000))::numeric);
CALL forget();
UPDATE long SET i = 1;
SELECT mode, quirks, schemas, line FROM unnest('{precise,double,string}'::text[]) mode, unnest('{false,true}'::text[]) quirks, unnest('{false,true}'::text[]) schemas,
	LATERAL lines('decimal.handling.mode', mode, 'debezium.quirks', quirks, 'schemas.enable', schemas) ORDER BY mode, quirks, schemas, id;
SELECT * FROM lines('decimal.handling.mode', 'string', 'unavailable.value.placeholder', 'hex:41FF42');
CALL forget();

-- money: rounded or padded in precise mode, the server's digits in the others, whatever the session shows.
INSERT INTO cash VALUES (1, '1234.11'), (2, '-1234.11'), (3, '0'), (4, '0.05'), (5, '-0.05'), (6, '0.15'), (7, '-0.04'), (8, NULL), (9, '99.95'),
	(10, '92233720368547758.07'), (11, '-92233720368547758.08'), (12, '0.01');
SELECT * FROM schemas('decimal.handling.mode', 'precise');
SELECT * FROM schemas('money.fraction.digits', '4');
SELECT digits, string_agg(value, ' ' ORDER BY id::int) FROM unnest('{0,1,2,4}'::text[]) digits, LATERAL cells('money.fraction.digits', digits) GROUP BY 1 ORDER BY 1;
SELECT digits, string_agg(value, ' ' ORDER BY id::int) FROM unnest('{0,1,2,4}'::text[]) digits, LATERAL cells('money.fraction.digits', digits, 'decimal.format', 'NUMERIC') GROUP BY 1 ORDER BY 1;
SELECT mode, string_agg(value, ' ' ORDER BY id::int) FROM unnest('{double,string}'::text[]) mode, LATERAL cells('money.fraction.digits', '1', 'decimal.handling.mode', mode) GROUP BY 1 ORDER BY 1;
CALL forget();

-- Random numbers and those next to powers of ten and of two: text is the server's, bytes and doubles have its value.
CREATE FUNCTION unscaled(encoded text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	bytes bytea := decode(encoded, 'base64');
	result numeric := 0;
BEGIN
	-- in as few bytes as possible
	ASSERT length(bytes) = 1 OR (get_byte(bytes, 0) <> 0 OR get_byte(bytes, 1) >= 128) AND (get_byte(bytes, 0) <> 255 OR get_byte(bytes, 1) < 128), encoded;
	FOR i IN 0 .. length(bytes) - 1 LOOP
		result := result * 256 + get_byte(bytes, i);
	END LOOP;
	RETURN CASE WHEN get_byte(bytes, 0) < 128 THEN result ELSE result - 2::numeric ^ (8 * length(bytes)) END;
END $$;
CREATE FUNCTION digits(n int) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT coalesce(string_agg(CASE WHEN random() < 0.3 THEN '0' WHEN random() < 0.1 THEN '9999' ELSE trunc(random() * 10)::text END, ''), '') FROM generate_series(1, n)
$$;
SELECT FROM setseed(0.25);
INSERT INTO random SELECT i, v, round(v, 40)
FROM generate_series(1, 4000) i, LATERAL (SELECT (CASE WHEN i % 2 = 0 THEN '-' ELSE '' END || '0' || digits(i % 37) || '.' || digits((i + i / 37) % 31) || '0')::numeric) r(v);
INSERT INTO random SELECT 4000 + row_number() OVER (), v, v
FROM (SELECT sign * (base ^ power + delta) FROM unnest('{2,10}'::numeric[]) base, generate_series(0, 130) power, unnest('{-1,1}'::int[]) sign, unnest('{-1,0,1}'::int[]) delta
	UNION ALL SELECT sign * 10::numeric ^ -power FROM generate_series(1, 40) power, unnest('{-1,1}'::int[]) sign) x(v);
SELECT count(*) > 4000 AS enough, count(*) FILTER (WHERE value::json #>> '{}' = CASE name WHEN 'v' THEN v ELSE n END::text) = count(*) AS same
FROM cells('decimal.handling.mode', 'string') c JOIN random r ON r.id::text = c.id;
SELECT count(*) > 4000 AS enough, count(*) FILTER (WHERE unscaled(value::json->>'value') = v * 10::numeric ^ (value::json->>'scale')::int
	AND (value::json->>'scale')::int = scale(trim_scale(v))) = count(*) AS same
FROM cells() c JOIN random r ON r.id::text = c.id WHERE name = 'v';
SELECT count(*) > 4000 AS enough, count(*) FILTER (WHERE unscaled(value::json #>> '{}') = n * 10::numeric ^ 40) = count(*) AS same
FROM cells() c JOIN random r ON r.id::text = c.id WHERE name = 'n';
SELECT count(*) > 4000 AS enough, count(*) FILTER (WHERE value::numeric = n) = count(*) AS same
FROM cells('decimal.format', 'NUMERIC') c JOIN random r ON r.id::text = c.id WHERE name = 'n';
SELECT count(*) > 4000 AS enough, count(*) FILTER (WHERE value::float8 = CASE name WHEN 'v' THEN v ELSE n END::float8) = count(*) AS same
FROM cells('decimal.handling.mode', 'double') c JOIN random r ON r.id::text = c.id;
CALL forget();

-- The longest numbers there are; their bytes are checked by what is left over for some prime numbers.
CREATE FUNCTION remainder(encoded text, prime bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	bytes bytea := decode(encoded, 'base64');
	result bigint := CASE WHEN get_byte(bytes, 0) < 128 THEN 0 ELSE -1 END;
BEGIN
	FOR i IN 0 .. length(bytes) - 1 LOOP
		result := (result * 256 + get_byte(bytes, i)) % prime;
	END LOOP;
	RETURN (result + prime) % prime;
END $$;
CREATE FUNCTION remainder(digits text, prime bigint, sign int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	result bigint := 0;
	codes bytea := convert_to(digits, 'SQL_ASCII');
BEGIN
	FOR i IN 0 .. length(codes) - 1 LOOP
		result := (result * 10 + get_byte(codes, i) - 48) % prime;
	END LOOP;
	RETURN (sign * result + prime) % prime;
END $$;
INSERT INTO long VALUES (1, NULL, repeat('9', 131072)::numeric, NULL), (2, NULL, ('-1' || repeat('0', 131071) || '.' || repeat('0', 16))::numeric, NULL),
	(3, NULL, (repeat('7', 131072) || '.' || repeat('3', 16383))::numeric, NULL), (4, NULL, ('-0.' || repeat('0', 16382) || '1')::numeric, NULL),
	(5, NULL, 123.45, repeat('9', 979)::numeric + 0.5), (6, NULL, (repeat('12345678', 2000) || '.5')::numeric, -0.00000000000000000001);
SELECT * FROM lines();
SELECT * FROM lines('decimal.handling.mode', 'double');
SELECT * FROM lines('decimal.handling.mode', 'string');
SELECT * FROM lines('decimal.format', 'NUMERIC') WHERE id::int > 4;
SELECT c.id, value::json #>> '{}' = v::text AS same FROM cells('decimal.handling.mode', 'string') c JOIN long l ON l.id::text = c.id WHERE name = 'v' ORDER BY 1;
SELECT c.id, value::json->>'scale' AS scale, prime, remainder(value::json->>'value', prime) =
	remainder(translate(trim_scale(v)::text, '-.', ''), prime, sign(v)::int) AS same
FROM cells() c JOIN long l ON l.id::text = c.id, unnest('{2147483647,998244353}'::bigint[]) prime WHERE name = 'v' ORDER BY 1, 3;
SELECT 'dropped' FROM pg_drop_replication_slot('type_numeric');
DROP TABLE t, required, arrays, cash, long, random;
DROP DOMAIN net_price, price, anything;
DROP FUNCTION cells, lines, schemas, unscaled, digits, remainder(text, bigint), remainder(text, bigint, int);
DROP PROCEDURE forget;
