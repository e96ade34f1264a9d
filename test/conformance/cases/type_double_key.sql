-- A key of floats, and its spelling.
CREATE TABLE t (a double precision, b real, v int, PRIMARY KEY (a, b));
-- STREAM
INSERT INTO t VALUES (1, 1, 1), (1e10, 1e-5, 2), (123456.789, 0.1, 3);
UPDATE t SET b = 2 WHERE v = 1;
DELETE FROM t WHERE v = 2;
