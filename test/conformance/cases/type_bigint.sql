-- bigint at its limits, beyond what doubles hold, nullable and not.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint NOT NULL);
-- STREAM
INSERT INTO t VALUES (-9223372036854775808, 9223372036854775807, 0), (9223372036854775807, NULL, -1), (9007199254740993, 10000000000, 1000000000000000000);
UPDATE t SET a = 5;
DELETE FROM t;
