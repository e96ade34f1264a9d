-- Columns that differ only in case: the connector stops, here is an event.
CREATE TABLE t (id int PRIMARY KEY, a int, "A" int);
-- STREAM
INSERT INTO t VALUES (1, 2, 3);
