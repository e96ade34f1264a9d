-- time in every time.precision.mode: midnight, its end, microseconds.
-- variant base
-- variant schemas schemas.enable=true
-- variant micro_adaptive time.precision.mode=adaptive_time_microseconds
-- variant connect time.precision.mode=connect
-- variant micro time.precision.mode=microseconds
-- variant nano time.precision.mode=nanoseconds
-- variant nano_schemas time.precision.mode=nanoseconds schemas.enable=true
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, a time, b time NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '00:00', '24:00'), (2, '13:51:30.123456', '23:59:59.999999'), (3, NULL, '12:34:56'), (4, '00:00:00.000001', '10:00:00.1');
DELETE FROM t WHERE id = 1;
