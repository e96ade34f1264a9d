-- Defaults of floats.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a real DEFAULT 1.5, b double precision DEFAULT 2.5, c double precision DEFAULT 'NaN', d double precision DEFAULT -1e10, e real DEFAULT 'Infinity', f double precision DEFAULT pi());
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL);
