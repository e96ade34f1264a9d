-- REPLICA IDENTITY FULL: the whole old row.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a text, b int NOT NULL, c numeric(5,2));
ALTER TABLE t REPLICA IDENTITY FULL;
-- STREAM
INSERT INTO t VALUES (1, 'x', 2, 1.5), (2, NULL, 3, NULL);
UPDATE t SET b = 4;
UPDATE t SET a = NULL, c = 2 WHERE id = 1;
DELETE FROM t;
