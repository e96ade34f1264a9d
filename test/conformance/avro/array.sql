-- Arrays: elements that may be null, and those of an enum, which may not.
CREATE TABLE t (id int PRIMARY KEY, i int[], n int[] NOT NULL, s text[], num numeric(5,2)[], v numeric[], d date[], sm smallint[], u uuid[]);
-- STREAM
INSERT INTO t VALUES (1, '{1,NULL,3}', '{}', '{a,"",NULL}', '{1.10,NULL}', '{1.5,20}', '{2024-01-01}', '{1,-1}', '{00000000-0000-0000-0000-000000000001}');
INSERT INTO t (id, n) VALUES (2, '{1,2}');
