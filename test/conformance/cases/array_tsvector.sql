-- Arrays of tsvector have required elements.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a tsvector[]);
-- STREAM
INSERT INTO t VALUES (1, ARRAY['a b'::tsvector, 'c']), (2, ARRAY['a'::tsvector, NULL]), (3, NULL);
