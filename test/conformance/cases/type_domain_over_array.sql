-- A domain over an array is the array.
-- variant base
-- variant schemas schemas.enable=true
CREATE DOMAIN ints AS int[];
CREATE TABLE t (id int PRIMARY KEY, a ints);
-- STREAM
INSERT INTO t VALUES (1, '{1,2}'), (2, NULL), (3, '{}');
