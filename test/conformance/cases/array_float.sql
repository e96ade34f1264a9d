-- Arrays of floats.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a real[], b double precision[]);
-- STREAM
INSERT INTO t VALUES (1, '{1.5,NULL,NaN,Infinity}', '{0.1,-Infinity,1e300}'), (2, NULL, '{}');
