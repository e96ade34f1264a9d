-- An interval of 2147483648 hours: the connector stops, here is an event.
CREATE TABLE t (id int PRIMARY KEY, a interval);
-- STREAM
INSERT INTO t VALUES (1, '2147483647:00:00');
-- SYNC
INSERT INTO t VALUES (2, '2147483648:00:00');
INSERT INTO t VALUES (3, '1 hour');
