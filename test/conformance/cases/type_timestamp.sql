-- timestamp in every time.precision.mode: eras, years of six digits, microseconds.
-- variant base
-- variant schemas schemas.enable=true
-- variant micro_adaptive time.precision.mode=adaptive_time_microseconds
-- variant connect time.precision.mode=connect
-- variant micro time.precision.mode=microseconds
-- variant isostring time.precision.mode=isostring
-- variant isostring_schemas time.precision.mode=isostring schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a timestamp, b timestamp NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '1970-01-01', '1969-12-31 23:59:59.999999'), (2, '2016-11-04 13:51:30.123456', '21016-11-04 13:51:30.123456'), (3, NULL, '0001-01-31'), (4, '0044-03-15 12:00 BC', '4713-12-31 23:59:59.999999 BC'), (5, '2000-02-29 00:00:00.1', '9999-12-31 24:00'), (6, '1582-10-10', '1900-01-01 00:00:00.000001'), (7, '0001-12-31 23:59:59 BC', '10000-01-01');
DELETE FROM t WHERE id = 1;
