-- A table without a key: null keys, no tombstone for its deletes.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (a int, b text);
ALTER TABLE t REPLICA IDENTITY FULL;
-- STREAM
INSERT INTO t VALUES (1, 'x'), (NULL, NULL);
UPDATE t SET b = 'y' WHERE a = 1;
DELETE FROM t;
