-- numeric whose scale exceeds its precision.
-- variant base
-- variant string decimal.handling.mode=string
CREATE TABLE t (id int PRIMARY KEY, a numeric(3,5), b numeric(1,10) NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 0.00123, 0.0000000009), (2, NULL, 0), (3, -0.00999, 0.0000000001);
