-- Included columns are no part of the key.
CREATE TABLE t (a int, b int, v int, PRIMARY KEY (a) INCLUDE (b));
-- STREAM
INSERT INTO t VALUES (1, 2, 3);
DELETE FROM t;
