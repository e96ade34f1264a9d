-- A numeric without scale that may not be null.
CREATE TABLE t (id int PRIMARY KEY, a numeric NOT NULL DEFAULT 1.5, b numeric NOT NULL);
-- STREAM
INSERT INTO t (id, b) VALUES (1, 2);
