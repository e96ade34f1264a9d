-- Logical messages.
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
SELECT pg_logical_emit_message(true, 'p', 'hello');
SELECT pg_logical_emit_message(false, 'q', '');
