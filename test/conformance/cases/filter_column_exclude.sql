-- column.exclude.list: also a column of the key.
-- variant base column.exclude.list=public.t.a,public.t.ID
-- variant schemas column.exclude.list=public.t.a,public.t.ID schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
-- STREAM
INSERT INTO t VALUES (1, 2, 'x');
UPDATE t SET id = 2;
DELETE FROM t;
