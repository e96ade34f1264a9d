-- provide.transaction.metadata: BEGIN, END, orders, counts.
-- variant base provide.transaction.metadata=true
-- variant schemas provide.transaction.metadata=true schemas.enable=true
CREATE SCHEMA s2;
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY);
CREATE TABLE s2.b (id int PRIMARY KEY, v int);
-- STREAM
BEGIN; INSERT INTO a VALUES (1); INSERT INTO c VALUES (1); INSERT INTO s2.b VALUES (1, 1), (2, 2); INSERT INTO a VALUES (2); COMMIT;
BEGIN; UPDATE s2.b SET id = 10 WHERE id = 1; DELETE FROM s2.b WHERE id = 2; COMMIT;
