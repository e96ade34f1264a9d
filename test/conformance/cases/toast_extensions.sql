-- Unchanged long hstore, ltree and their arrays.
-- needs hstore ltree
-- variant base
-- variant schemas schemas.enable=true
-- variant map hstore.handling.mode=map
CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE TABLE t (id int PRIMARY KEY, n int, a hstore, b ltree, c hstore[], d ltree[], e tsvector);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL, ALTER d SET STORAGE EXTERNAL, ALTER e SET STORAGE EXTERNAL;
ALTER TABLE t SET (toast_tuple_target = 128);
INSERT INTO t SELECT 1, 1, hstore('a', repeat('x', 2100)), string_agg('abcdef' || g, '.')::ltree, ARRAY[hstore('a', repeat('x', 2100))], ARRAY[string_agg('abcdef' || g, '.')::ltree], string_agg('''a' || g || '''', ' ')::tsvector FROM generate_series(1, 300) g;
-- STREAM
UPDATE t SET n = 2;
