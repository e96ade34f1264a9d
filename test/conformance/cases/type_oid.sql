-- oid and its aliases: regclass, regproc, regtype.
-- variant base
-- variant schemas schemas.enable=true
-- variant unknown include.unknown.datatypes=true
CREATE TABLE t (id oid PRIMARY KEY, a oid, b regtype, c regproc);
-- STREAM
INSERT INTO t VALUES (0, 4294967295, 'integer', 'now'), (4000000000, NULL, NULL, NULL);
DELETE FROM t;
