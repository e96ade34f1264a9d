-- time(0) to time(6): milliseconds or microseconds.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect
-- variant micro time.precision.mode=microseconds
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, p0 time(0), p1 time(1), p2 time(2), p3 time(3), p4 time(4), p5 time(5), p6 time(6));
-- STREAM
INSERT INTO t VALUES (1, '13:51:30.987654', '13:51:30.987654', '13:51:30.987654', '13:51:30.987654', '13:51:30.987654', '13:51:30.987654', '13:51:30.987654'), (2, '24:00', '24:00', '24:00', '24:00', '24:00', '24:00', '24:00');
