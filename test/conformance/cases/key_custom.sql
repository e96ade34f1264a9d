-- message.key.columns: patterns, order, several tables.
-- variant base message.key.columns=public.t:b,a;(.*).u:v
-- variant schemas message.key.columns=public.t:b,a;(.*).u:v schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE TABLE u (id int PRIMARY KEY, v int);
CREATE TABLE w (id int PRIMARY KEY, v int);
ALTER TABLE t REPLICA IDENTITY FULL;
ALTER TABLE u REPLICA IDENTITY FULL;
-- STREAM
INSERT INTO t VALUES (1, 2, 'x');
INSERT INTO u VALUES (1, 2);
INSERT INTO w VALUES (1, 2);
UPDATE t SET a = 3;
UPDATE t SET id = 4;
DELETE FROM t;
DELETE FROM u;
