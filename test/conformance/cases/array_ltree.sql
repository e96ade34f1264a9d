-- Arrays of ltree: a null element makes all null.
-- needs ltree
-- variant base
-- variant schemas schemas.enable=true
CREATE EXTENSION ltree;
CREATE TABLE t (id int PRIMARY KEY, a ltree[]);
-- STREAM
INSERT INTO t VALUES (1, '{a.b,c}'), (2, '{a,NULL}'), (3, NULL), (4, '{}');
