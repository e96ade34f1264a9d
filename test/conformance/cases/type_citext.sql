-- citext is a string.
-- needs citext
-- variant base
-- variant schemas schemas.enable=true
CREATE EXTENSION citext;
CREATE TABLE t (id citext PRIMARY KEY, a citext, b citext NOT NULL);
-- STREAM
INSERT INTO t VALUES ('Key', 'MiXed', ''), ('k2', NULL, 'x');
DELETE FROM t;
