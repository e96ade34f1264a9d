-- A table of 150 columns.
DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE t (id int PRIMARY KEY,' || string_agg(format('c%s %s', g, (ARRAY['int', 'text', 'numeric(5,2)', 'date', 'boolean'])[1 + g % 5]), ',') || ')' FROM generate_series(1, 150) g); END $$;
-- STREAM
INSERT INTO t (id, c1, c2, c150) VALUES (1, 'x', 1.5, 2);
DELETE FROM t;
