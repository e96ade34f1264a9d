-- timestamptz(0) to timestamptz(6) have as many digits.
-- variant base
-- variant schemas schemas.enable=true
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, p0 timestamptz(0), p1 timestamptz(1), p2 timestamptz(2), p3 timestamptz(3), p4 timestamptz(4), p5 timestamptz(5), p6 timestamptz(6));
-- STREAM
INSERT INTO t SELECT 1, x, x, x, x, x, x, x FROM (VALUES (timestamptz '2016-11-04 13:51:30.987654+00')) v(x);
INSERT INTO t SELECT 2, x, x, x, x, x, x, x FROM (VALUES (timestamptz '2016-11-04 13:51:30+00')) v(x);
