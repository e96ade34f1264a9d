-- Logical messages outside of transactions come at once, even if their transaction rolls back.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
SELECT pg_logical_emit_message(false, 'foo', 'bar');
BEGIN; INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(false, 'foo', 'inside'); COMMIT;
BEGIN; SELECT pg_logical_emit_message(false, 'foo', 'rolled back'); INSERT INTO t VALUES (2); ROLLBACK;
INSERT INTO t VALUES (3);
