-- double precision: shortest digits, exponents, limits, not finite.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a double precision, b double precision NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 0, '-0'), (2, 1.5, 1e10), (3, 3.3, 1e-10), (4, 0.001, 9999999), (5, 1e7, 12345678), (6, 5e-324, 1.7976931348623157e308), (7, 'NaN', 'Infinity'), (8, '-Infinity', 2.2250738585072014e-308), (9, NULL, 0.1), (10, 9007199254740993, 0.30000000000000004), (11, 2e-3, 1e21), (12, 123456789012345680, 1e23), (13, 4.9e-324, 2.2e-322);
