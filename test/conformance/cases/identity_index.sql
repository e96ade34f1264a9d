-- REPLICA IDENTITY USING INDEX: the key stays, before holds the index's columns.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (a int NOT NULL, b int NOT NULL, v int);
CREATE UNIQUE INDEX rt ON t (b);
CREATE UNIQUE INDEX at ON t (a);
ALTER TABLE t REPLICA IDENTITY USING INDEX rt;
-- STREAM
INSERT INTO t VALUES (1, 2, 3);
UPDATE t SET v = 4;
UPDATE t SET a = 7;
UPDATE t SET b = 8;
DELETE FROM t;
