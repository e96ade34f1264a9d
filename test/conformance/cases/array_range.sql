-- Arrays of ranges.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int4range[], b tsrange[]);
-- STREAM
INSERT INTO t VALUES (1, '{"[1,5)",empty,NULL}', '{"[2020-01-01 00:00,)"}'), (2, NULL, '{}');
