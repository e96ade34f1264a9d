-- real: shortest digits, exponents, limits, not finite.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a real, b real NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 0, '-0'), (2, 1.5, 1e10), (3, 3.3, 1e-10), (4, 0.001, 9999999), (5, 1e7, 12345678), (6, 1e-45, 3.4028235e38), (7, 'NaN', 'Infinity'), (8, '-Infinity', 1.17549435e-38), (9, NULL, 0.1), (10, 16777216, 16777217);
