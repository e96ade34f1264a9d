-- A numeric without scale has no default.
CREATE TABLE t (id int PRIMARY KEY, a numeric DEFAULT 1.5, b numeric);
-- STREAM
INSERT INTO t (id) VALUES (1);
