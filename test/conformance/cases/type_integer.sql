-- integer at its limits, nullable and not.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer NOT NULL);
-- STREAM
INSERT INTO t VALUES (-2147483648, 2147483647, 0), (2147483647, NULL, -1), (0, 1000000000, 999999999);
UPDATE t SET a = 5;
DELETE FROM t;
