-- timetz is moved to UTC, and wraps around midnight.
-- variant base
-- variant schemas schemas.enable=true
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, a timetz, b timetz(3), c timetz NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '13:51:30.123789+02', '13:51:30.123789+02', '00:00+14'), (2, '24:00-01', NULL, '23:59:59.999999-12'), (3, NULL, '10:00:00.5+05:30', '10:00+00'), (4, '00:00:00.100000+00', '01:02:03+15:59', '04:05:11-08');
DELETE FROM t WHERE id = 1;
