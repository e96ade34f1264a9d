-- Logical messages in transactions, among rows.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
SELECT pg_logical_emit_message(true, 'foo', 'bar');
BEGIN; SELECT pg_logical_emit_message(true, 'foo', 'one'); INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'žš "q"', '日本'); COMMIT;
BEGIN; SELECT pg_logical_emit_message(true, 'foo', 'gone'); ROLLBACK;
