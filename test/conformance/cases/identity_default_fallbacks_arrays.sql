-- Invented arrays, ranges, points and texts.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int[] NOT NULL, b text[] NOT NULL, c int4range NOT NULL, d point NOT NULL, e tsvector NOT NULL, f numeric(5,2)[] NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '{1}', '{x}', '[1,2)', '(1,1)', 'a', '{1}');
DELETE FROM t;
