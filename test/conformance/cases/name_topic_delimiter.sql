-- topic.delimiter and topic.transaction.
-- variant base topic.delimiter=_ provide.transaction.metadata=true
-- variant transaction topic.delimiter=- topic.transaction=tx provide.transaction.metadata=true
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
INSERT INTO t VALUES (1);
SELECT pg_logical_emit_message(true, 'foo', 'bar');
