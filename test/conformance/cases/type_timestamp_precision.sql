-- timestamp(0) to timestamp(6): milliseconds or microseconds.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect
-- variant micro time.precision.mode=microseconds
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, p0 timestamp(0), p1 timestamp(1), p2 timestamp(2), p3 timestamp(3), p4 timestamp(4), p5 timestamp(5), p6 timestamp(6));
-- STREAM
INSERT INTO t SELECT 1, x, x, x, x, x, x, x FROM (VALUES (timestamp '2016-11-04 13:51:30.987654')) v(x);
INSERT INTO t SELECT 2, x, x, x, x, x, x, x FROM (VALUES (timestamp '1969-12-31 23:59:58.765432')) v(x);
