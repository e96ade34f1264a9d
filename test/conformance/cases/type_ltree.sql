-- ltree is a string; lquery and ltxtquery are unknown.
-- needs ltree
-- variant base
-- variant schemas schemas.enable=true
-- variant unknown include.unknown.datatypes=true
CREATE EXTENSION ltree;
CREATE TABLE t (id ltree PRIMARY KEY, a ltree, b lquery, c ltxtquery, d ltree NOT NULL);
-- STREAM
INSERT INTO t VALUES ('Top.Science.Astronomy', '', 'Top.*{0,2}.sport*@.!football|tennis{1,}', 'Europe & Russia*@ & !Transportation', 'a'), ('x', NULL, NULL, NULL, 'b.c');
DELETE FROM t;
