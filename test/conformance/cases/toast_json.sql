-- Unchanged long json and jsonb.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, n int, a json, b jsonb);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, 1, to_json(repeat('x', 2100)), to_jsonb(repeat('x', 2100)));
-- STREAM
UPDATE t SET n = 2;
