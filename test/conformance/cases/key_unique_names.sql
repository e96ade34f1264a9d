-- Order of index names: capitals, underscores.
CREATE TABLE t ("Z" int, "a" int, CONSTRAINT "B" UNIQUE ("Z"), CONSTRAINT "a" UNIQUE ("a"));
CREATE TABLE u (x int, y int);
CREATE UNIQUE INDEX i_2 ON u (x);
CREATE UNIQUE INDEX i10 ON u (y);
-- STREAM
INSERT INTO t VALUES (1, 2);
INSERT INTO u VALUES (1, 2);
