-- An unchanged long value in a NOT NULL column that takes no placeholder: the connector stops, here is an event.
CREATE TABLE t (id int PRIMARY KEY, n int, a date[] NOT NULL);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL;
INSERT INTO t SELECT 1, 1, array_agg('2020-01-01'::date + g) FROM generate_series(1, 600) g;
-- STREAM
UPDATE t SET n = 2;
