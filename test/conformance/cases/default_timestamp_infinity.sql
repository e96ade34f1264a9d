-- Infinite defaults of timestamps.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a timestamp DEFAULT 'infinity', b timestamp DEFAULT '-infinity', c timestamptz DEFAULT 'infinity');
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL);
