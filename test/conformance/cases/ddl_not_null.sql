-- SET NOT NULL and SET DEFAULT in mid-stream, with a change that the connector notices.
-- set schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int);
-- STREAM
INSERT INTO t VALUES (1, 1);
-- SYNC
ALTER TABLE t ALTER a SET NOT NULL, ALTER a SET DEFAULT 5, ADD b int;
-- SYNC
INSERT INTO t VALUES (2, 2, 2);
