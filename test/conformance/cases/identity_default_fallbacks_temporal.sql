-- Invented dates, times and intervals.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect
-- variant isostring time.precision.mode=isostring interval.handling.mode=string
-- variant nano time.precision.mode=nanoseconds
CREATE TABLE t (id int PRIMARY KEY, a date NOT NULL, b time NOT NULL, c time(3) NOT NULL, d timetz NOT NULL, e timestamp NOT NULL, f timestamp(3) NOT NULL, g timestamptz NOT NULL, h timestamptz(3) NOT NULL, i interval NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '2020-01-01', '12:00', '12:00', '12:00+01', '2020-01-01', '2020-01-01', '2020-01-01 00:00+00', '2020-01-01 00:00+00', '1 day');
-- SYNC
DELETE FROM t;
