-- A deferrable primary key is a key, but no identity.
CREATE TABLE t (a int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, b int);
-- STREAM
INSERT INTO t VALUES (1, 2);
