-- ADD COLUMN, with and without a default.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int);
-- STREAM
INSERT INTO t VALUES (1, 1);
-- SYNC
ALTER TABLE t ADD b text DEFAULT 'dd', ADD c int;
-- SYNC
INSERT INTO t VALUES (2, 2, 'x', 3);
UPDATE t SET a = 5 WHERE id = 1;
