-- Arrays of timestamps: eras as the driver reads them.
-- variant base
-- variant schemas schemas.enable=true
-- variant isostring time.precision.mode=isostring
-- variant connect time.precision.mode=connect
-- variant nano time.precision.mode=nanoseconds
CREATE TABLE t (id int PRIMARY KEY, a timestamp[], b timestamp(3)[]);
-- STREAM
INSERT INTO t VALUES (1, '{2016-11-04 13:51:30.123456,NULL}', '{2016-11-04 13:51:30.123456}'), (2, '{0044-03-15 00:00 BC}', '{}'), (3, '{infinity,-infinity}', '{1969-12-31 23:59:59.5}');
