-- Arrays of integers: nulls, empty, lower bounds.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a smallint[], b int[], c bigint[], d oid[], e int[] NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '{-32768,NULL,32767}', '{1,2,3}', '{9223372036854775807}', '{3,4000000000}', '{}'), (2, NULL, '[5:6]={1,2}', NULL, NULL, '{NULL}'), (3, '{}', '{NULL,NULL}', '{-1}', '{}', '{0}');
DELETE FROM t WHERE id = 1;
