-- column.include.list: the value only; the key stays whole.
-- variant base column.include.list=public.t.(a|b)
-- variant schemas column.include.list=public.t.(a|b) schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int, b text, c int NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 2, 'x', 3);
UPDATE t SET a = 5;
DELETE FROM t;
