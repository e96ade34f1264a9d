-- Headers of a key change, type by type: Connect's SimpleHeaderConverter writes them.
-- variant base
-- variant connect time.precision.mode=connect
-- variant string decimal.handling.mode=string binary.handling.mode=hex
-- variant double decimal.handling.mode=double time.precision.mode=isostring
-- variant number decimal.format=NUMERIC
CREATE TABLE t (id int, a numeric(8,2), b numeric, c bytea, d date, e time, f timestamp, g timestamptz, h text, i double precision, j real, k boolean, l bit(9), m uuid, n interval, o jsonb, PRIMARY KEY (id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o));
CREATE TABLE u (id int, a time(3), b timestamp(3), c money, d numeric(20,12), PRIMARY KEY (id, a, b, c, d));
-- STREAM
INSERT INTO t VALUES (1, 1.5, 2.50, '\x00ff10', '2020-02-29', '12:34:56.789', '2020-02-29 12:34:56.789', '2020-02-29 12:34:56.789+01', E'ž "q" \\ \n\t 😀 /', 1e10, 0.1, true, B'101010101', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1 hour', '{"a": "b"}');
UPDATE t SET id = 2;
INSERT INTO u VALUES (1, '12:34:56.789', '1969-12-31 23:59:59.5', 1234.5, 0.000000000001);
UPDATE u SET id = 2;
UPDATE u SET d = 0;
