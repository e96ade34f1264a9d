-- DROP COLUMN.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
-- STREAM
INSERT INTO t VALUES (1, 1, 1);
-- SYNC
ALTER TABLE t DROP a;
-- SYNC
INSERT INTO t VALUES (2, 2);
DELETE FROM t WHERE id = 1;
