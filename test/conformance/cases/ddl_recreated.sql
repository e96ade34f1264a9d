-- A table is dropped and made anew with other columns.
CREATE TABLE t (id int PRIMARY KEY, a int);
-- STREAM
INSERT INTO t VALUES (1, 1);
-- SYNC
DROP TABLE t;
CREATE TABLE t (x text);
-- SYNC
INSERT INTO t VALUES ('a');
