-- Rows rewritten by ALTER TABLE are no events.
CREATE TABLE t (id int PRIMARY KEY, a int);
-- STREAM
INSERT INTO t VALUES (1, 1), (2, 2);
-- SYNC
ALTER TABLE t ALTER a TYPE bigint;
VACUUM FULL t;
CLUSTER t USING t_pkey;
-- SYNC
INSERT INTO t VALUES (3, 3);
