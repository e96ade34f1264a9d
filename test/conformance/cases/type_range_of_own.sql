-- A range type made with CREATE TYPE, and multiranges: unknown types.
-- variant base
-- variant unknown include.unknown.datatypes=true
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE TABLE t (id int PRIMARY KEY, a floatrange, b int4multirange, c datemultirange);
-- STREAM
INSERT INTO t VALUES (1, '[1.5,2.5)', '{[1,3),[5,7)}', '{}'), (2, NULL, NULL, NULL);
