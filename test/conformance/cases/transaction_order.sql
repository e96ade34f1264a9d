-- Transactions come in the order of their commits, rows in the order of statements.
CREATE TABLE t (id int PRIMARY KEY, v int);
-- STREAM
BEGIN; INSERT INTO t VALUES (1, 1), (2, 2); UPDATE t SET v = 3 WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET v = 4; COMMIT;
INSERT INTO t VALUES (2, 5);
