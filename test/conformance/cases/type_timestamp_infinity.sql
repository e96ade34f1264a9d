-- Infinite timestamps in every time.precision.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect
-- variant micro time.precision.mode=microseconds
-- variant nano time.precision.mode=nanoseconds
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, a timestamp, b timestamp(3), c timestamp NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 'infinity', 'infinity', '-infinity'), (2, '-infinity', '-infinity', 'infinity');
