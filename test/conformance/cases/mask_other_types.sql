-- A mask on other types: the connector leaves them in clear.
-- variant base column.mask.with.3.chars=public.t.(a|b|c)
-- variant schemas column.mask.with.3.chars=public.t.(a|b|c) schemas.enable=true
-- variant hash column.mask.hash.v2.SHA-256.with.salt.s=public.t.(a|b|c)
CREATE TABLE t (id int PRIMARY KEY, a int, b date, c jsonb, d int);
-- STREAM
INSERT INTO t VALUES (1, 42, '2020-01-01', '{"a": 1}', 7), (2, NULL, NULL, NULL, NULL);
