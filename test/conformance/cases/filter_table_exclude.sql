-- table.exclude.list, beside schema.include.list.
-- variant base table.exclude.list=public.a,.*\.b.*
-- variant both table.exclude.list=public.a,.*\.b.* schema.include.list=public
CREATE SCHEMA s1;
CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE ab (id int PRIMARY KEY); CREATE TABLE s1.bx (id int PRIMARY KEY); CREATE TABLE s1.x (id int PRIMARY KEY);
-- STREAM
INSERT INTO a VALUES (1); INSERT INTO ab VALUES (2); INSERT INTO s1.bx VALUES (3); INSERT INTO s1.x VALUES (4);
