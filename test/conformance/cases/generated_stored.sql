-- Stored generated columns: pgoutput leaves them out, here they are.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (a * 2) STORED);
-- STREAM
INSERT INTO t VALUES (1, 2);
UPDATE t SET a = 3;
DELETE FROM t;
