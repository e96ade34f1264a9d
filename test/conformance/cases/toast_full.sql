-- REPLICA IDENTITY FULL: the old value is there in both rows.
CREATE TABLE t (id int PRIMARY KEY, n int, a text, b int[]);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
INSERT INTO t SELECT 1, 1, repeat('x', 2100), array_agg(g) FROM generate_series(1, 600) g;
-- STREAM
UPDATE t SET n = 2;
UPDATE t SET id = 2;
