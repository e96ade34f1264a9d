-- Children that inherit have topics of their own.
CREATE TABLE parent (id int PRIMARY KEY, a int);
CREATE TABLE child (b int, PRIMARY KEY (id)) INHERITS (parent);
-- STREAM
INSERT INTO parent VALUES (1, 2);
INSERT INTO child VALUES (2, 3, 4);
UPDATE parent SET a = 5;
DELETE FROM parent;
