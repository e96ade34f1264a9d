-- Arrays of text, varchar, char(n) and citext: quotes, the word null.
-- needs citext
-- variant base
-- variant schemas schemas.enable=true
CREATE EXTENSION citext;
CREATE TABLE t (id int PRIMARY KEY, a text[], b varchar(5)[], c char(4)[], d citext[], e text[] NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, ARRAY['a', '', 'NULL', NULL, '"q", \ {}', E'\n', 'ž😀'], '{ab,NULL}', '{cone}', '{MiX}', '{}'), (2, NULL, '{}', '{a,NULL}', NULL, '{null,"null"}');
