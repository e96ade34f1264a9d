-- interval as microseconds, in the connector's floating-point arithmetic.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a interval, b interval NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 'P1Y2M3DT4H5M6.78S', '0'), (2, '1 hour', '-1 year'), (3, NULL, '178000000 years'), (4, '1.235 s', '-1 mon 2 days -03:04:05.678901'), (5, '0.000001 s', '1000000:00:00'), (6, '-178000000 years', '11 mons 29 days 23:59:59.999999'), (7, '1 mon', '-0.1 s');
DELETE FROM t WHERE id = 1;
