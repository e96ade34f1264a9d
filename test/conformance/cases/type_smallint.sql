-- smallint at its limits, nullable and not.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id smallint PRIMARY KEY, a smallint, b smallint NOT NULL);
-- STREAM
INSERT INTO t VALUES (-32768, 32767, 0), (32767, NULL, -1);
UPDATE t SET a = 5;
DELETE FROM t;
