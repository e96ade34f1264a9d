-- A mask on a column of the key: the connector's key is in clear.
-- variant constant column.mask.with.3.chars=public.t.id
-- variant hash column.mask.hash.v2.SHA-256.with.salt.s=public.t.id
-- variant hash_schemas column.mask.hash.v2.SHA-256.with.salt.s=public.t.id schemas.enable=true
CREATE TABLE t (id text PRIMARY KEY, a int);
-- STREAM
INSERT INTO t VALUES ('secret', 1);
UPDATE t SET a = 2;
