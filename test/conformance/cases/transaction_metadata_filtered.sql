-- Transactions of which nothing is sent.
-- variant base provide.transaction.metadata=true table.exclude.list=public.hidden
-- variant skipped provide.transaction.metadata=true skipped.operations=c
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE hidden (id int PRIMARY KEY);
-- STREAM
INSERT INTO hidden VALUES (1);
BEGIN; INSERT INTO hidden VALUES (2); INSERT INTO t VALUES (1); COMMIT;
CREATE TABLE other (id int);
DELETE FROM t;
