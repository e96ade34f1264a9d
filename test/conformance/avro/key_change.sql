-- A changed key: delete, tombstone, create.
CREATE TABLE t (id int PRIMARY KEY, v text);
-- STREAM
INSERT INTO t VALUES (1, 'a');
UPDATE t SET id = 2;
DELETE FROM t;
