-- timestamp in nanoseconds, and outside their range.
-- variant base time.precision.mode=nanoseconds
-- variant schemas time.precision.mode=nanoseconds schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a timestamp, b timestamp(3));
-- STREAM
INSERT INTO t VALUES (1, '1970-01-01', '2016-11-04 13:51:30.123456'), (2, '2262-04-11 23:47:16.854775', '2262-04-11 23:47:17'), (3, '1677-09-21 00:12:44', '1677-09-21 00:12:43'), (4, '0001-01-01', '294247-01-01'), (5, 'infinity', '-infinity'), (6, NULL, NULL);
