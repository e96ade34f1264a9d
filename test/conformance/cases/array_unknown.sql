-- Arrays of unknown types and of domains.
-- variant base
-- variant unknown include.unknown.datatypes=true
-- variant unknown_schemas include.unknown.datatypes=true schemas.enable=true
-- variant unknown_hex include.unknown.datatypes=true binary.handling.mode=hex
CREATE TYPE comp AS (a int, b text);
CREATE DOMAIN num AS numeric(5,2);
CREATE TABLE t (id int PRIMARY KEY, a comp[], b circle[], c tsquery[], d num[], e box[]);
-- STREAM
INSERT INTO t VALUES (1, ARRAY[ROW(1, 'x'), NULL]::comp[], '{"<(1,1),2>"}', ARRAY['a & b'::tsquery], '{1.5}', '{(1,1),(0,0);(2,2),(1,1)}'), (2, NULL, '{}', NULL, NULL, NULL);
