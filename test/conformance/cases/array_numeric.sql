-- Arrays of numeric in every decimal.handling.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant string decimal.handling.mode=string
-- variant double decimal.handling.mode=double
CREATE TABLE t (id int PRIMARY KEY, a numeric(10,2)[], b numeric[]);
-- STREAM
INSERT INTO t VALUES (1, '{1.2,3.4,NULL,-5.6}', '{1.1,2.22,NULL,1000}'), (2, NULL, '{}'), (3, '{NaN,1}', '{NaN}');
