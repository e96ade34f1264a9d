-- Arrays of hstore, as JSON and as maps.
-- needs hstore
-- variant base
-- variant schemas schemas.enable=true
-- variant map hstore.handling.mode=map
CREATE EXTENSION hstore;
CREATE TABLE t (id int PRIMARY KEY, a hstore[]);
-- STREAM
INSERT INTO t VALUES (1, ARRAY['"key4"=>"val4","key5"=>NULL', '"key6"=>"val6"', NULL]::hstore[]), (2, NULL), (3, '{}');
