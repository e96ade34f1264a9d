-- Arrays: what their elements become, in every way to render them, and what
-- the connector cannot do with them.
SET synchronous_commit = on;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'SQL, DMY';
SET extra_float_digits = -3;

-- The columns of each event's "after", as they are spelled.
CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_array', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)->'after') AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key <> 'id' AND c.value::text <> 'null'
	ORDER BY n, o
$$;
-- The same for the columns that are null.
CREATE FUNCTION nulls(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, names text) LANGUAGE sql AS $$
	SELECT e->>'id', string_agg(c.key, ' ' ORDER BY o)
	FROM pg_logical_slot_peek_changes('type_array', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)->'after') AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.value::text = 'null'
	GROUP BY 1, n ORDER BY n
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('type_array', pg_current_wal_lsn());
END $$;

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN number AS int;
CREATE DOMAIN numbers AS int[];
CREATE TABLE scalars (id int PRIMARY KEY, i2 int2[], i4 int4[], i8 int8[], o oid[], f4 float4[], f8 float8[], b bool[],
	tx text[], vc varchar(10)[], ch char(5)[], qc "char"[], inet inet[], cidr cidr[], m macaddr[], m8 macaddr8[],
	n52 numeric(5,2)[], n numeric[], d date[], tm time[], tm3 time(3)[], ts timestamp[], ts3 timestamp(3)[], tz timestamptz[],
	ttz timetz[], u uuid[], j json[], jb jsonb[], by bytea[], r int4range[], tv tsvector[], md mood[], dn numbers);
CREATE TABLE strange (id int PRIMARY KEY, bt bit(3)[], b1 bit[], ov oidvector, iv int2vector, ao oidvector[], md mood[],
	tv tsvector[], n numeric[], i4 int4[], tx text[]);
CREATE TABLE omitted (id int PRIMARY KEY, mo money[], nm name[], iv interval[], vb varbit[], x xml[], p point[], c refcursor[],
	pr pair[], dn number[]);

SELECT 'slot' FROM pg_create_logical_replication_slot('type_array', 'cdc_json');

-- Every type, with nulls, by default and as the connector renders it.
INSERT INTO scalars VALUES (1, '{1,-2,NULL}', '{1,-2,NULL}', '{1,9223372036854775807}', '{3,4000000000}', '{1.5,NaN,NULL}',
	'{1,1e10,-Infinity}', '{t,f,NULL}', '{a,"b c",NULL,"NULL","q\"\\"}', '{x,é}', '{abc,NULL}', '{a,b}', '{10.0.0.1/8}',
	'{10.0.0.0/8}', '{08:00:2b:01:02:03}', '{08:00:2b:01:02:03:04:05}', '{1.2,3.40,NULL}', '{1.1,10.00,NULL,1e20}',
	'{2020-01-01,NULL}', '{12:00:00.123456,NULL}', '{12:00:00.123}', '{2020-01-01 12:00:00.123456,NULL,infinity}',
	'{2020-01-01 12:00:00.123}', '{2020-04-01 13:51:02+02,NULL,infinity}', '{13:51:02.123456+02,NULL}',
	'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}', '{"{\"a\": 1}",NULL}', '{"{\"a\":1}"}', '{"\\x0102",NULL}',
	'{"[1,3)",NULL}', '{"''a'':1"}', '{sad,ok}', '{1,NULL}');
SELECT name, value FROM after();
SELECT name, value FROM after('debezium.quirks', 'true') EXCEPT SELECT name, value FROM after() ORDER BY 1;
SELECT name, value FROM after('schemas.enable', 'true') EXCEPT SELECT name, value FROM after() ORDER BY 1;

-- The handling modes reach the elements.
SELECT 'string', * FROM after('decimal.handling.mode', 'string') WHERE name IN ('n52', 'n')
UNION ALL SELECT 'double', * FROM after('decimal.handling.mode', 'double') WHERE name IN ('n52', 'n')
UNION ALL SELECT 'isostring', * FROM after('time.precision.mode', 'isostring') WHERE name IN ('d', 'tm', 'ts')
UNION ALL SELECT 'nanoseconds', * FROM after('time.precision.mode', 'nanoseconds') WHERE name IN ('d', 'tm', 'ts')
UNION ALL SELECT 'hex', * FROM after('binary.handling.mode', 'hex') WHERE name = 'by';
CALL forget();

-- Nothing, empty, other lower bounds (not shown).
INSERT INTO scalars (id) VALUES (2);
INSERT INTO scalars VALUES (3, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
	'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
INSERT INTO scalars (id, i4, tx) VALUES (4, '[-1:0]={1,2}', '[5:5]={a}');
SELECT * FROM nulls() WHERE id = '2';
SELECT id, value, count(*) FROM after() GROUP BY 1, 2 ORDER BY 1, 2;
CALL forget();

-- Many dimensions: nested by default; one null for each outer element where the schema has one level.
INSERT INTO scalars (id, i4, tx, n52, md) VALUES (5, '{{1,2},{NULL,4}}', '{{{a},{b}},{{c},{d}}}', '{{1},{2}}', '{{sad},{ok}}');
SELECT * FROM after();
SELECT * FROM after('schemas.enable', 'true');
SELECT * FROM after('debezium.quirks', 'true');
CALL forget();

-- Elements that cannot be shown: special numbers, nulls where the schema requires elements.
INSERT INTO strange (id, n, md, tv, i4) VALUES (1, '{1,NaN,Infinity}', '{sad,NULL}', '{a,NULL}', '{1}');
SELECT 'truth', * FROM after()
UNION ALL SELECT 'fits', * FROM after('schemas.enable', 'true')
UNION ALL SELECT 'quirks', * FROM after('debezium.quirks', 'true')
UNION ALL SELECT 'truth, double', * FROM after('decimal.handling.mode', 'double') WHERE name = 'n'
UNION ALL SELECT 'quirks, double', * FROM after('decimal.handling.mode', 'double', 'debezium.quirks', 'true') WHERE name = 'n';
CALL forget();

-- bit[], whose schema is that of a single value, and the two types that are arrays in disguise.
INSERT INTO strange (id, bt, b1, ov, iv, ao) VALUES (3, NULL, NULL, '', '', '{}'), (2, '{101,NULL}', '{1,0}', '1 4000000000', '1 -2', '{"1 2","3"}');
SELECT 'truth', * FROM after()
UNION ALL SELECT 'fits', * FROM after('schemas.enable', 'true')
UNION ALL SELECT 'quirks', * FROM after('debezium.quirks', 'true');
CALL forget();

-- Left out always; composite and domain elements only without include.unknown.datatypes.
INSERT INTO omitted VALUES (1, '{1.5}', '{a}', '{1 day}', '{1}', '{<a/>}', '{"(1,2)"}', '{c}', '{"(1,x)"}', '{1}');
SELECT data::json->'after' FROM pg_logical_slot_peek_changes('type_array', NULL, NULL);
SELECT data::json->'after' FROM pg_logical_slot_peek_changes('type_array', NULL, NULL, 'include.unknown.datatypes', 'true');
CALL forget();

-- A NOT NULL array that an old row does not have.
CREATE TABLE required (id int PRIMARY KEY, i4 int[] NOT NULL, bt bit(3)[], md mood[] NOT NULL);
INSERT INTO required VALUES (1, '{1}', NULL, '{ok}');
CALL forget();
DELETE FROM required;
SELECT data::json->'before' FROM pg_logical_slot_peek_changes('type_array', NULL, NULL);
SELECT data::json->'payload'->'before' FROM pg_logical_slot_peek_changes('type_array', NULL, NULL, 'schemas.enable', 'true')
	WHERE data::json->'payload'->>'op' = 'd';
SELECT data::json->'before' FROM pg_logical_slot_peek_changes('type_array', NULL, NULL, 'debezium.quirks', 'true')
	WHERE data::json->>'op' = 'd';

-- The schemas of all of that.
SELECT f->>'field' AS field, f::jsonb - 'field' AS schema
FROM pg_logical_slot_peek_changes('type_array', NULL, NULL, 'schemas.enable', 'true'),
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f
WHERE data::json->'payload'->>'op' = 'd';
CALL forget();

-- Long ones: nothing is lost, also where they are compressed, or out of line.
CREATE TABLE long (id int PRIMARY KEY, i4 int[], tx text[], n numeric[], by bytea[]);
ALTER TABLE long ALTER tx SET STORAGE EXTERNAL;
INSERT INTO long SELECT 1, array_agg(g), array_agg('text ' || g), array_agg(g / 8.0), array_agg(int4send(g))
	FROM generate_series(1, 100000) g;
INSERT INTO long SELECT 2, array_agg(nullif(g % 3, 0)), NULL, NULL, NULL FROM generate_series(1, 100000) g;
INSERT INTO long SELECT 3, NULL, ARRAY[repeat('x', 1000000), NULL, repeat('é', 100000)], NULL, NULL;
SELECT name, json_array_length(value::json), md5(value), length(value) FROM after('decimal.handling.mode', 'string');
SELECT (SELECT array_agg(x::int) FROM json_array_elements_text(a.value::json) x) = l.i4 AS same_integers
	FROM after() a JOIN long l ON a.id = l.id::text WHERE name = 'i4';
SELECT (SELECT array_agg(x) FROM json_array_elements_text(a.value::json) x) = l.tx AS same_texts
	FROM after() a JOIN long l ON a.id = l.id::text WHERE name = 'tx';
SELECT (SELECT array_agg(x::numeric) FROM json_array_elements_text(a.value::json) x) = l.n AS same_numbers
	FROM after('decimal.handling.mode', 'string') a JOIN long l ON a.id = l.id::text WHERE name = 'n';
CALL forget();

-- What the log does not hold: by default the placeholder, with quirks what the connector makes of it for the array's type.
CREATE TABLE toasted (id int PRIMARY KEY, k int, i4 int[], i8 int8[], i2 int2[], d date[], tx text[], vc varchar(9)[], ch char(3)[],
	j json[], jb jsonb[], u uuid[], by bytea[], md mood[], dn numbers);
DO $$
DECLARE a text;
BEGIN
	FOR a IN SELECT attname FROM pg_attribute WHERE attrelid = 'toasted'::regclass AND attnum > 0 AND attstorage <> 'p' LOOP
		EXECUTE format('ALTER TABLE toasted ALTER %I SET STORAGE EXTERNAL', a);
	END LOOP;
END $$;
INSERT INTO toasted SELECT 1, 1, array_agg(g), array_agg(g), array_agg(g), array_agg('2020-01-01'::date + g), array_agg(g::text),
	array_agg(g), array_agg(g), array_agg(to_json(g)), array_agg(to_jsonb(g)), array_agg(md5(g::text)::uuid),
	array_agg(int4send(g)), array_agg('ok'::mood), array_agg(g) FROM generate_series(1, 999) g;
CALL forget();
UPDATE toasted SET k = 2;
SELECT value, string_agg(name, ' ' ORDER BY name) FROM after() GROUP BY 1;
SELECT name, value FROM after('debezium.quirks', 'true');
SELECT name, value FROM after('schemas.enable', 'true');
SELECT name, value FROM after('debezium.quirks', 'true', 'unavailable.value.placeholder', 'hex:4e41ff', 'time.precision.mode', 'connect');
SELECT * FROM nulls('debezium.quirks', 'true', 'time.precision.mode', 'isostring', 'binary.handling.mode', 'hex');

SELECT 'dropped' FROM pg_drop_replication_slot('type_array');
DROP TABLE scalars, strange, omitted, required, long, toasted;
DROP DOMAIN number, numbers;
DROP TYPE mood, pair;
DROP FUNCTION after, nulls;
DROP PROCEDURE forget;
