-- skip.messages.without.change: updates that change nothing that is sent.
-- variant base skip.messages.without.change=true
-- variant excluded skip.messages.without.change=true column.exclude.list=public.t.b
-- variant included skip.messages.without.change=true column.include.list=public.t.(id|a)
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
ALTER TABLE t REPLICA IDENTITY FULL;
CREATE TABLE u (id int PRIMARY KEY, a int);
-- STREAM
INSERT INTO t VALUES (1, 1, 'x');
UPDATE t SET a = 1;
UPDATE t SET b = 'y';
UPDATE t SET a = 2, b = 'z';
UPDATE t SET id = 2;
INSERT INTO u VALUES (1, 1);
UPDATE u SET a = 1;
DELETE FROM t;
