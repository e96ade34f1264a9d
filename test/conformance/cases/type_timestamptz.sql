-- timestamptz is ISO text in UTC: zones, eras, years of five digits.
-- variant base
-- variant schemas schemas.enable=true
-- variant isostring time.precision.mode=isostring
-- variant connect time.precision.mode=connect
CREATE TABLE t (id int PRIMARY KEY, a timestamptz, b timestamptz NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '2016-11-04 13:51:30.123456+02', '1970-01-01 00:00+00'), (2, '21016-11-04 13:51:30.123456+07', '4714-12-31 23:59:59.999999+00 BC'), (3, NULL, '0044-03-15 00:00+00 BC'), (4, 'infinity', '-infinity'), (5, '0001-01-01 00:00+00', '294276-12-31 23:59:59.999999+00'), (6, '2000-01-01 00:00:00+00', '0001-12-31 23:00+00 BC'), (7, '9999-12-31 23:59:59.999999+00', '10000-01-01 00:00+00');
DELETE FROM t WHERE id = 1;
