-- A numeric whose scale is larger than its precision.
CREATE TABLE t (id int PRIMARY KEY, a numeric(3,5));
-- STREAM
INSERT INTO t VALUES (1, 0.00123);
