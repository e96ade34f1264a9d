-- The first rule that matches counts: truncate, mask, hash.
-- set column.truncate.to.2.chars=public.t.a
-- set column.mask.with.4.chars=public.t.(a|b)
-- set column.mask.hash.v2.SHA-256.with.salt.s=public.t.(a|b|c)
CREATE TABLE t (id int PRIMARY KEY, a text, b text, c text);
-- STREAM
INSERT INTO t VALUES (1, 'abcdef', 'abcdef', 'abcdef');
