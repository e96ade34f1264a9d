-- Numbers and booleans, required and optional.
CREATE TABLE t (id bigint PRIMARY KEY, s smallint, i int, l bigint, sn smallint NOT NULL, r real, d double precision, b boolean, bn boolean NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 0, 0, 0, 0, 0, 0, true, false);
INSERT INTO t VALUES (-1, -1, -1, -1, -1, -1, -1, false, true);
INSERT INTO t VALUES (64, 63, -64, -65, 127, 'NaN', 'Infinity', NULL, true);
INSERT INTO t VALUES (9223372036854775807, 32767, 2147483647, 9223372036854775807, -32768, 3.4028235e38, 1.7976931348623157e308, NULL, true);
INSERT INTO t VALUES (-9223372036854775808, -32768, -2147483648, -9223372036854775808, 32767, -1.4e-45, -5e-324, NULL, true);
