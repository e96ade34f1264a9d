-- A default changed after the row: the connector reads the catalog ahead of the log.
-- set schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 1, b int);
-- STREAM
BEGIN;
INSERT INTO t VALUES (1, NULL, NULL);
ALTER TABLE t ALTER a SET DEFAULT 2;
COMMIT;
