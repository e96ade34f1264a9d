-- The column's default in before, where the log does not hold the value.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 5, b text DEFAULT 'x', c int NOT NULL DEFAULT 7, d date NOT NULL DEFAULT '2020-01-01');
-- STREAM
INSERT INTO t VALUES (1, 2, 'y', 3, '2021-01-01');
DELETE FROM t;
