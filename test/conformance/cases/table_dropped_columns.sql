-- Dropped columns leave no trace.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (a int, id int PRIMARY KEY, b text, c int);
ALTER TABLE t DROP a;
ALTER TABLE t DROP b;
ALTER TABLE t ADD d int DEFAULT 7;
-- STREAM
INSERT INTO t VALUES (1, 2, 3);
UPDATE t SET c = 4;
DELETE FROM t;
