-- numeric(p,s), decimal.handling.mode=precise: unscaled integers.
-- variant base
-- variant schemas schemas.enable=true
-- variant number decimal.format=NUMERIC
-- variant number_schemas decimal.format=NUMERIC schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a numeric(5,2), b numeric(4), c numeric(38,10), d numeric(1000,0), e numeric(3,3), f numeric(5,2) NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 1.1, 10, 1.0000000001, 99999999999999999999999999, 0.001, 0), (2, -1.27, 9999, -9999999999999999999999999999.9999999999, -1, -0.999, 999.99), (3, NULL, NULL, NULL, NULL, NULL, -999.99), (4, 1.28, 0, 0, repeat('7', 999)::numeric, 0, -1.28), (5, 2.55, 128, 0.0000000001, -128, 0.127, 327.68), (6, 'NaN', 'NaN', NULL, NULL, NULL, 1);
