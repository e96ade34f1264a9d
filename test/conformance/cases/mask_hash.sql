-- column.mask.hash with version 1 and 2.
-- variant v1 column.mask.hash.SHA-256.with.salt.CzQMA0cB5K=public.t.(a|b|c)
-- variant v2 column.mask.hash.v2.SHA-256.with.salt.CzQMA0cB5K=public.t.(a|b|c)
-- variant md5 column.mask.hash.v2.MD5.with.salt.s=public.t.(a|b|c)
-- variant schemas column.mask.hash.v2.SHA-512.with.salt.s=public.t.(a|b|c) schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(20), c varchar(255) NOT NULL, d text);
-- STREAM
INSERT INTO t VALUES (1, 'test', 'hello', '', 'clear'), (2, NULL, NULL, 'žš😀', NULL);
UPDATE t SET a = 'b';
DELETE FROM t;
