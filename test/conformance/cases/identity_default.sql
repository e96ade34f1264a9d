-- REPLICA IDENTITY DEFAULT: before of updates and deletes.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a text, b int);
-- STREAM
INSERT INTO t VALUES (1, 'x', 2);
UPDATE t SET b = 3;
UPDATE t SET b = 3;
DELETE FROM t;
