-- topic.prefix with all its characters is the source's name.
-- set topic.prefix=srv
-- variant base
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY);
-- STREAM
INSERT INTO s.t VALUES (1);
