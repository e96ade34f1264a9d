-- A key column with a default.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY DEFAULT 42, v varchar(20) DEFAULT 'x');
-- STREAM
INSERT INTO t VALUES (DEFAULT, NULL), (1, 'y');
DELETE FROM t;
