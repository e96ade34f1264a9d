-- A unique index on an expression does not count.
CREATE TABLE t (a text, b int, v int);
CREATE UNIQUE INDEX a1 ON t (lower(a));
CREATE UNIQUE INDEX a2 ON t (lower(a), b);
CREATE TABLE u (a text, b int, v int);
CREATE UNIQUE INDEX u1 ON u (lower(a));
CREATE UNIQUE INDEX u2 ON u (b);
-- STREAM
INSERT INTO t VALUES ('A', 2, 3);
INSERT INTO u VALUES ('A', 2, 3);
