-- The primary key in its own order, not the table's.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (a int, b int, c text, d int, x int, PRIMARY KEY (b, d, c, a));
-- STREAM
INSERT INTO t VALUES (1, 2, 'c', 4, 5);
UPDATE t SET x = 6;
UPDATE t SET c = 'd';
DELETE FROM t;
