-- __debezium.newkey and __debezium.oldkey with keys of several columns.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (a int, b text, v int, PRIMARY KEY (b, a));
-- STREAM
INSERT INTO t VALUES (1, 'ž"x', 2);
UPDATE t SET a = 2;
UPDATE t SET b = 'y', a = 3;
