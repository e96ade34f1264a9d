-- column.mask.with.N.chars: character types, NULL too.
-- variant base column.mask.with.5.chars=public.t.(a|b|c)
-- variant zero column.mask.with.0.chars=public.t.(a|b|c)
-- variant schemas column.mask.with.5.chars=public.t.(a|b|c) schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(3), c char(8) NOT NULL, d text);
-- STREAM
INSERT INTO t VALUES (1, 'secret', 'abc', 'x', 'clear'), (2, NULL, NULL, 'y', NULL);
DELETE FROM t;
