-- Contents of messages in every binary.handling.mode: bytes, empty.
-- variant base
-- variant base64 binary.handling.mode=base64
-- variant urlsafe binary.handling.mode=base64-url-safe
-- variant hex binary.handling.mode=hex
-- variant hex_schemas binary.handling.mode=hex schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
SELECT pg_logical_emit_message(true, 'foo', '\x00ff10fbef'::bytea);
SELECT pg_logical_emit_message(true, '', '');
SELECT pg_logical_emit_message(false, 'x y', '\xfbefff'::bytea);
