-- A schema document for each shape that a table has had.
-- set schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int);
-- STREAM
INSERT INTO t VALUES (1, 1);
-- SYNC
ALTER TABLE t ADD b text NOT NULL DEFAULT 'x';
-- SYNC
INSERT INTO t VALUES (2, 2, 'y');
-- SYNC
ALTER TABLE t ALTER a TYPE bigint;
-- SYNC
INSERT INTO t VALUES (3, 3, 'z');
DELETE FROM t WHERE id = 3;
