-- Arrays of booleans.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a boolean[]);
-- STREAM
INSERT INTO t VALUES (1, '{t,f,NULL}'), (2, NULL), (3, '{}');
