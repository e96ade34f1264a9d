-- Infinite dates: the connector's numbers are swapped.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, a date, b date NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 'infinity', '-infinity'), (2, '-infinity', 'infinity');
