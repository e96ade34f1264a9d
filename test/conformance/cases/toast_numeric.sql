-- Unchanged long numeric and bit strings: null.
-- variant base
-- variant schemas schemas.enable=true
-- variant string decimal.handling.mode=string
-- variant double decimal.handling.mode=double
CREATE TABLE t (id int PRIMARY KEY, n int, a numeric, b numeric(1000,0), c varbit, d bit(20000), e numrange);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL, ALTER d SET STORAGE EXTERNAL, ALTER e SET STORAGE EXTERNAL;
ALTER TABLE t SET (toast_tuple_target = 128);
INSERT INTO t VALUES (1, 1, repeat('7', 6000)::numeric, repeat('7', 999)::numeric, repeat('1', 20000)::varbit, repeat('1', 20000)::bit(20000), numrange(1, repeat('7', 6000)::numeric));
-- STREAM
UPDATE t SET n = 2;
