-- NaN where the column is NOT NULL: the connector stops, here is an event.
CREATE TABLE t (id int PRIMARY KEY, a numeric(5,2) NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 1.5);
-- SYNC
INSERT INTO t VALUES (2, 'NaN');
INSERT INTO t VALUES (3, 2.5);
