-- Transaction metadata.
-- set provide.transaction.metadata=true
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT;
