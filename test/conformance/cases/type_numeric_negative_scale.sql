-- numeric with a negative scale.
-- variant base
-- variant schemas schemas.enable=true
-- variant string decimal.handling.mode=string
-- variant double decimal.handling.mode=double
CREATE TABLE t (id int PRIMARY KEY, a numeric(3,-2), b numeric(2,-3) NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 12345, 0), (2, -99900, 99000), (3, NULL, 1000), (4, 0, -1000);
