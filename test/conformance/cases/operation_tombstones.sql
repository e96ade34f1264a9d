-- tombstones.on.delete=false.
-- set tombstones.on.delete=false
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
INSERT INTO t VALUES (1);
DELETE FROM t;
