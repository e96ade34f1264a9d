-- Invented numbers by decimal.handling.mode.
-- variant string decimal.handling.mode=string
-- variant double decimal.handling.mode=double
-- variant number decimal.format=NUMERIC
CREATE TABLE t (id int PRIMARY KEY, i numeric(5,2) NOT NULL, j numeric NOT NULL, k money NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 1, 1, 1);
DELETE FROM t;
