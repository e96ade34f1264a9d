-- numeric in keys, in every decimal.handling.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant string decimal.handling.mode=string
-- variant double decimal.handling.mode=double
CREATE TABLE t (a numeric(5,2), b numeric, v int, PRIMARY KEY (a, b));
-- STREAM
INSERT INTO t VALUES (1.5, 2.50, 1), (-1, 1e10, 2);
UPDATE t SET b = 3 WHERE v = 1;
DELETE FROM t;
