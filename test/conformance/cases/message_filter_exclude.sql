-- message.prefix.exclude.list.
-- set message.prefix.exclude.list=foo,b.*
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
SELECT pg_logical_emit_message(true, 'Foo', '1');
SELECT pg_logical_emit_message(false, 'bar', '2');
SELECT pg_logical_emit_message(false, 'other', '3');
SELECT pg_logical_emit_message(true, 'xfoo', '4');
