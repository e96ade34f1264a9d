-- An offset with seconds: the connector stops, here is an event.
CREATE TABLE t (id int PRIMARY KEY, a timetz);
-- STREAM
INSERT INTO t VALUES (1, '10:00+01');
-- SYNC
INSERT INTO t VALUES (2, '10:00+05:30:15');
INSERT INTO t VALUES (3, '10:00+02');
