-- Arrays of an enum: elements are required, a null one makes all null.
-- variant base
-- variant schemas schemas.enable=true
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, a mood[]);
-- STREAM
INSERT INTO t VALUES (1, '{sad,ok}'), (2, '{sad,NULL}'), (3, NULL), (4, '{}');
