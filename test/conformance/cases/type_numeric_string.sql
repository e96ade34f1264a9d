-- numeric as strings: digits kept, trailing zeros, not finite.
-- variant base decimal.handling.mode=string
-- variant schemas decimal.handling.mode=string schemas.enable=true
CREATE TABLE t (id numeric(10,2) PRIMARY KEY, a numeric, b numeric(6,4), c numeric NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 10.1111, 22.22, 0), (2, 1e-30, NULL, 1e30), (3, 'NaN', 'NaN', 'Infinity'), (4, '-Infinity', 0, '-0.00'), (5, 123456789012345678901234567890.1234500, -99.9999, 0.00000001), (6, 0.0000001, 1, 0.000000), (7, NULL, NULL, 1e-10);
UPDATE t SET id = 10.5 WHERE id = 1;
