-- message.prefix.include.list.
-- set message.prefix.include.list=Foo,b.*
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
SELECT pg_logical_emit_message(true, 'foo', '1');
SELECT pg_logical_emit_message(true, 'bar', '2');
SELECT pg_logical_emit_message(false, 'other', '3');
SELECT pg_logical_emit_message(true, 'xfoo', '4');
