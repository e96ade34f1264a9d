-- Booleans: true, false, null, and as a key.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id boolean PRIMARY KEY, a boolean, b boolean NOT NULL);
-- STREAM
INSERT INTO t VALUES (true, true, false), (false, NULL, true);
DELETE FROM t;
