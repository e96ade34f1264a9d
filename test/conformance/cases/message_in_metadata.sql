-- Messages in transaction metadata: a collection named like a Java object each.
-- set provide.transaction.metadata=true
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
BEGIN; INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(false, 'foo', 'outside'); INSERT INTO t VALUES (2); COMMIT;
SELECT pg_logical_emit_message(false, 'foo', 'alone');
