-- A comma in a pattern is written \,.
-- set table.include.list=public\.a{1\,2}
CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE aa (id int PRIMARY KEY); CREATE TABLE aaa (id int PRIMARY KEY);
-- STREAM
INSERT INTO a VALUES (1); INSERT INTO aa VALUES (2); INSERT INTO aaa VALUES (3);
