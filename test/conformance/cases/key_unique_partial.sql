-- A partial unique index counts.
CREATE TABLE t (a int, b int, v int);
CREATE UNIQUE INDEX i ON t (a) WHERE b > 0;
-- STREAM
INSERT INTO t VALUES (1, 2, 3), (1, -2, 3);
