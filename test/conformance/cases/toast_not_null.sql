-- Unchanged long values in NOT NULL columns that take the placeholder.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, n int, a text NOT NULL, b bytea NOT NULL, c int[] NOT NULL);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL;
INSERT INTO t SELECT 1, 1, repeat('x', 2100), decode(repeat('ab', 2100), 'hex'), array_agg(g) FROM generate_series(1, 600) g;
-- STREAM
UPDATE t SET n = 2;
