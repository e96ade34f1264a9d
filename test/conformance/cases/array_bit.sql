-- Arrays of bit: the value is null.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a bit[], b bit(4)[]);
-- STREAM
INSERT INTO t VALUES (1, '{1,0}', '{1010}'), (2, NULL, NULL);
