-- Included columns of a unique index, and descending order.
CREATE TABLE t (a int, b int, c int, v int);
CREATE UNIQUE INDEX i ON t (c DESC, a) INCLUDE (b);
-- STREAM
INSERT INTO t VALUES (1, 2, 3, 4);
