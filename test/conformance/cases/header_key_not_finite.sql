-- Headers of a key change with floats that are not finite.
CREATE TABLE t (id int, a double precision, b real, PRIMARY KEY (id, a, b));
-- STREAM
INSERT INTO t VALUES (1, 'NaN', 'Infinity'), (2, '-Infinity', '-0');
UPDATE t SET id = id + 10;
