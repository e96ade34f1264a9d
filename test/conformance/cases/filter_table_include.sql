-- table.include.list: whole names, without case, alternatives.
-- set table.include.list=public.a,PUBLIC.b[0-9]+,s1\.(x|y)
CREATE SCHEMA s1;
CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE ab (id int PRIMARY KEY); CREATE TABLE b12 (id int PRIMARY KEY); CREATE TABLE bx (id int PRIMARY KEY); CREATE TABLE s1.x (id int PRIMARY KEY); CREATE TABLE s1.xy (id int PRIMARY KEY); CREATE TABLE "A" (id int PRIMARY KEY);
-- STREAM
INSERT INTO a VALUES (1); INSERT INTO ab VALUES (2); INSERT INTO b12 VALUES (3); INSERT INTO bx VALUES (4); INSERT INTO s1.x VALUES (5); INSERT INTO s1.xy VALUES (6); INSERT INTO "A" VALUES (7);
