-- Comments on tables and columns do not reach the schema.
-- set schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int);
COMMENT ON TABLE t IS 'a table';
COMMENT ON COLUMN t.a IS 'a column';
-- STREAM
INSERT INTO t VALUES (1, 2);
