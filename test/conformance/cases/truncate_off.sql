-- Truncates are left out by default.
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
INSERT INTO t VALUES (1);
TRUNCATE t;
INSERT INTO t VALUES (2);
