-- Arrays of timestamptz: the era is lost.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a timestamptz[], b timestamptz(3)[]);
-- STREAM
INSERT INTO t VALUES (1, '{2020-04-01 13:51:02+02,NULL}', '{2020-04-01 13:51:02.123456+02}'), (2, '{0044-03-15 00:00+00 BC}', '{}'), (3, '{infinity,-infinity}', '{1969-12-31 23:59:59.5+00}');
