-- Arrays of uuid.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a uuid[]);
-- STREAM
INSERT INTO t VALUES (1, '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}'), (2, NULL), (3, '{}');
