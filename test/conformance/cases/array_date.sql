-- Arrays of dates: eras and infinities as the driver reads them.
-- variant base
-- variant schemas schemas.enable=true
-- variant isostring time.precision.mode=isostring
-- variant connect time.precision.mode=connect
CREATE TABLE t (id int PRIMARY KEY, a date[]);
-- STREAM
INSERT INTO t VALUES (1, '{2016-11-04,NULL,1969-12-31}'), (2, '{infinity,-infinity}'), (3, '{0044-03-15 BC}'), (4, '{}'), (5, NULL), (6, '{0001-01-01,9999-12-31}');
