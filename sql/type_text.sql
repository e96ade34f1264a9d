-- Types that are strings: what they look like, that no session setting shows
-- in them, and that every character arrives.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE SCHEMA type_text;
SET search_path = type_text, public;

-- The columns of each event's "after" that are not null, as they are spelled.
CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_text', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT data::json->'after' WHERE data::json->>'op' <> 'd') AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key <> 'id' AND c.value::text <> 'null'
	ORDER BY n, o
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_text', pg_current_wal_lsn());
END $$;

CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS isn;
CREATE DOMAIN short AS varchar(3);
CREATE TABLE strings (id int PRIMARY KEY, x text, v varchar(10), c char(5), bp bpchar, qc "char", n name, ci citext, d short);
CREATE TABLE others (id int PRIMARY KEY, u uuid, j json, jb jsonb, xm xml, tv tsvector, lt ltree, i10 isbn, i13 isbn13,
	inet inet, cidr cidr, m macaddr, m8 macaddr8);
CREATE TABLE ranges (id int PRIMARY KEY, i4 int4range, i8 int8range, nr numrange, ts tsrange, tz tstzrange, d daterange,
	mr int4multirange);
CREATE TABLE required (id int PRIMARY KEY, x text NOT NULL, u uuid NOT NULL, n name NOT NULL, i inet NOT NULL);
SELECT 'slot' FROM pg_create_logical_replication_slot('type_text', 'cdc_json');

-- Escapes are JSON's, blanks of char(n) stay, null is null.
INSERT INTO strings VALUES (1, E'"\\/\b\f\n\r\t\x01\x1f\x7f', 'žš', 'abc', 'ab  ', 'x', 'Name', 'Hello World', 'abc'),
	(2, '', '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (4, '😀é', '日本語', 'é', ' ', E'\\', 'é', 'İ', 'ñ');
SELECT * FROM after();

-- The connector has no "name" in its stream, but with unknown types.
SELECT * FROM after('debezium.quirks', 'true') WHERE name = 'n';
SELECT * FROM after('debezium.quirks', 'true', 'include.unknown.datatypes', 'true') WHERE name = 'n';
CALL forget();

-- A required string is empty where the server does not send it, only if the schema or the connector asks for it.
INSERT INTO required VALUES (1, 'x', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'n', '::1');
DELETE FROM required;
SELECT data::json->'before' FROM pg_logical_slot_peek_changes('type_text', NULL, NULL);
SELECT data::json->'payload'->'before' FROM pg_logical_slot_peek_changes('type_text', NULL, NULL, 'schemas.enable', 'true');
SELECT data::json->'before', data::json->'after' FROM pg_logical_slot_peek_changes('type_text', NULL, NULL, 'debezium.quirks', 'true');
CALL forget();

-- What PostgreSQL itself prints, for the rest.
INSERT INTO others VALUES (1, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"bar":   "baz", "a":1, "a":2}',
	'{"bar":   "baz", "a":1, "a":2, "n":1.50}', '<foo>bar</foo>', '''a'':1A,3 ''b''', 'Top.Science', '978-0-393-04002-9',
	'978-0-393-04002-9', '192.168.2.0/12', '10/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05');
INSERT INTO others (id, j, jb, xm, inet) VALUES (2, 'null', '"\u00e9"', '<?xml version="1.0"?><a b="1">é</a>', '2001:db8::1/64');
SELECT * FROM after();
SELECT * FROM after('include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex') WHERE name = 'i13';
CALL forget();

-- Settings of the session do not show.
SET TimeZone = 'America/New_York';
SET DateStyle = 'German';
INSERT INTO ranges VALUES (1, '[1000,6000)', '[1,2]', '[5.3,6.3)', '[2019-03-31 15:30:00, infinity)',
	'[2017-06-05 11:29:12.549426+00,)', '[2019-03-31, 2019-04-30)', '{[1,2),[5,6)}'), (2, 'empty', '(,)', '(,1]', '(,)', '(,)', '(,)', '{}');
SELECT * FROM after();
RESET TimeZone;
RESET DateStyle;
CALL forget();

-- The schemas: names, and what a domain is.
INSERT INTO strings (id) VALUES (9);
INSERT INTO others (id) VALUES (9);
SELECT f->>'field' AS field, f->>'type' AS type, f->>'name' AS name, f->>'version' AS version
FROM pg_logical_slot_peek_changes('type_text', NULL, NULL, 'schemas.enable', 'true'),
	LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f
WHERE f->>'field' <> 'id';
CALL forget();

-- Every character that UTF-8 has, and values beyond what is written at once.
CREATE TABLE long (id int PRIMARY KEY, x text);
INSERT INTO long SELECT g, (SELECT string_agg(chr(c), '') FROM generate_series(greatest(g * 4096, 1), g * 4096 + 4095) c
	WHERE c NOT BETWEEN 55296 AND 57343) FROM generate_series(0, 271) g;
INSERT INTO long SELECT 1000 + g, repeat(substr('aé日😀"', g, 1), 250001) FROM generate_series(1, 5) g;
INSERT INTO long SELECT 2000, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 32768) g);
SELECT count(*), count(*) FILTER (WHERE l.x = e.value::json #>> '{}'), sum(length(l.x)) FROM after() e JOIN long l ON l.id = e.id::int;
CALL forget();

-- Compressed, out of line, and both.
ALTER TABLE long ALTER x SET STORAGE EXTERNAL;
INSERT INTO long VALUES (3000, repeat('é', 5000));
ALTER TABLE long ALTER x SET STORAGE MAIN;
INSERT INTO long VALUES (3001, repeat('é', 5000));
ALTER TABLE long ALTER x SET STORAGE EXTENDED;
INSERT INTO long SELECT 3002, string_agg(repeat(md5(g::text), 3), '') FROM generate_series(1, 2000) g;
SELECT e.id, length(l.x), l.x = e.value::json #>> '{}' AS same FROM after() e JOIN long l ON l.id = e.id::int;

-- An unchanged value that is not in the log.
CALL forget();
UPDATE long SET id = id + 1000 WHERE id = 3000;
UPDATE long SET id = id WHERE id = 3002;
SELECT * FROM after();
SELECT * FROM after('unavailable.value.placeholder', 'hex:4e41ff');

SELECT 'dropped' FROM pg_drop_replication_slot('type_text');
DROP SCHEMA type_text CASCADE;
