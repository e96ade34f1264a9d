-- Arrays of times: cut to milliseconds, 24:00 becomes 0.
-- variant base
-- variant schemas schemas.enable=true
-- variant isostring time.precision.mode=isostring
-- variant nano time.precision.mode=nanoseconds
CREATE TABLE t (id int PRIMARY KEY, a time[], b time(3)[], c timetz[]);
-- STREAM
INSERT INTO t VALUES (1, '{13:51:30.123456,NULL,24:00}', '{13:51:30.123456,00:00}', '{13:51:02.123456+02,NULL}'), (2, NULL, '{}', '{00:00+14}');
