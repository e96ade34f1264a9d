-- A mask on a column with a default: the connector's schema shows it.
-- variant constant column.mask.with.3.chars=public.t.a schemas.enable=true
-- variant hash column.mask.hash.v2.SHA-256.with.salt.s=public.t.a schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'secret', b text DEFAULT 'clear');
-- STREAM
INSERT INTO t VALUES (1, 'value', 'x'), (2, NULL, NULL);
