-- numeric as doubles: rounding, overflow to infinity, not finite.
-- variant base decimal.handling.mode=double
-- variant schemas decimal.handling.mode=double schemas.enable=true
CREATE TABLE t (id numeric(10,2) PRIMARY KEY, a numeric, b numeric(6,4), c numeric NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 10.1111, 22.22, 0), (2, 1e-30, NULL, 1e30), (3, 'NaN', 'NaN', 'Infinity'), (4, '-Infinity', 0, '-0.00'), (5, 123456789012345678901234567890.1234500, -99.9999, 0.1), (6, 1e400, 1, 1e-400), (7, NULL, NULL, 9007199254740993), (8, 0.30000000000000004, 0.1, 1e22), (9, 1e23, 0.1234, 2.2250738585072011e-308);
