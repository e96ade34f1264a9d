-- hstore as a map.
-- needs hstore
-- variant base hstore.handling.mode=map
-- variant schemas hstore.handling.mode=map schemas.enable=true
CREATE EXTENSION hstore;
CREATE TABLE t (id int PRIMARY KEY, a hstore, b hstore NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '"key" => "val"', ''), (2, 'key1 => val1, key2 => NULL', '"a \"b\\c" => "ž 😀"'), (3, NULL, 'key5=>1, key4=>2, b=>3, Aa=>4, BB=>5'), (4, (SELECT string_agg('k' || g || '=>v' || g, ',') FROM generate_series(1, 40) g)::hstore, '""=>""');
DELETE FROM t WHERE id = 2;
