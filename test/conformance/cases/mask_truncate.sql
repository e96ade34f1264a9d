-- column.truncate.to.N.chars: UTF-16 units, bytes, declared lengths.
-- variant base column.truncate.to.3.chars=public.t.*
-- variant schemas column.truncate.to.3.chars=public.t.* schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(2), c varchar(10), d bytea, e char(5), f int, g json);
-- STREAM
INSERT INTO t VALUES (1, 'abcdef', 'ab', 'žšč', '\x0102030405', 'x', 12345, '{"a": 1}'), (2, 'a', NULL, '', '\x', '', NULL, NULL), (3, '😀a', 'b', 'xyz😀', NULL, NULL, NULL, '1');
