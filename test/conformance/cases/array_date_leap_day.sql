-- 29 February of a year BC in arrays: the connector's whole array is null.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a date[], b timestamptz[], c timestamp[]);
-- STREAM
INSERT INTO t VALUES (1, '{0001-02-29 BC,2000-01-01}', '{0001-02-29 00:00+00 BC}', '{0001-02-29 00:00 BC}');
INSERT INTO t VALUES (2, '{0005-02-29 BC}', '{2000-02-29 00:00+00}', '{2000-02-29 00:00}');
