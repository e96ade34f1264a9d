-- skipped.operations: creates, updates, deletes.
-- variant creates skipped.operations=c
-- variant updates_deletes skipped.operations=u,d
-- variant key_change skipped.operations=d
-- variant all skipped.operations=c,u,d,t
CREATE TABLE t (id int PRIMARY KEY, v int);
-- STREAM
INSERT INTO t VALUES (1, 1), (2, 2);
UPDATE t SET v = 3 WHERE id = 1;
UPDATE t SET id = 10 WHERE id = 1;
DELETE FROM t WHERE id = 2;
TRUNCATE t;
