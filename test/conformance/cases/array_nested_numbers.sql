-- Arrays of two dimensions, of numbers and booleans: one null per outer element.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int[], b boolean[], c numeric(5,2)[], d date[], e timestamp[]);
-- STREAM
INSERT INTO t VALUES (1, '{{1,2},{3,4}}', '{{t},{f},{t}}', '{{1.5,2.5}}', '{{2020-01-01},{2020-01-02}}', '{{2020-01-01 00:00}}');
INSERT INTO t VALUES (2, '{{{1},{2}},{{3},{4}}}', NULL, '{}', NULL, NULL);
