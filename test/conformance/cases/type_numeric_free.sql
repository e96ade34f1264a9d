-- numeric without precision, decimal.handling.mode=precise: a struct with scale.
-- variant base
-- variant schemas schemas.enable=true
-- variant number decimal.format=NUMERIC
CREATE TABLE t (id int PRIMARY KEY, a numeric, b numeric NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 10.1111, 0), (2, 22.2200, 1000), (3, NULL, -0.00), (4, 1e-30, 1e30), (5, 123456789012345678901234567890.123456789, -1.5), (6, 0.000, 100.00), (7, 'NaN', 7);
