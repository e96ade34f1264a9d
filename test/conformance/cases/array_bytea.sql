-- Arrays of bytea in every binary.handling.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant base64 binary.handling.mode=base64
-- variant hex binary.handling.mode=hex
CREATE TABLE t (id int PRIMARY KEY, a bytea[]);
-- STREAM
INSERT INTO t VALUES (1, ARRAY['\x000102', NULL, '\x']::bytea[]), (2, NULL), (3, '{}');
