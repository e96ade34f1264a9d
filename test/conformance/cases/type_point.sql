-- point: a struct with well-known binary.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a point, b point NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '(1,1)', '(0,-0)'), (2, '(1e10,-1.5e-10)', '(NaN,Infinity)'), (3, NULL, '(0.1,-Infinity)');
DELETE FROM t WHERE id = 1;
