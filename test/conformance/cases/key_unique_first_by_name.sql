-- Without a primary key: the first unique index by name.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (a int, b int NOT NULL, v int);
CREATE UNIQUE INDEX z ON t (a);
CREATE UNIQUE INDEX b ON t (b, a);
-- STREAM
INSERT INTO t VALUES (1, 2, 3), (NULL, 3, 4);
