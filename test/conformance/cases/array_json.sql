-- Arrays of json and jsonb.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a json[], b jsonb[]);
-- STREAM
INSERT INTO t VALUES (1, ARRAY['{"a": 1}', NULL, ' [1] ']::json[], ARRAY['{"b":1,"a":2}', '"x"']::jsonb[]), (2, NULL, '{}');
