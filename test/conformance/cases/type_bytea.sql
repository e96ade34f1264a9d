-- bytea in every binary.handling.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant base64 binary.handling.mode=base64
-- variant base64_schemas binary.handling.mode=base64 schemas.enable=true
-- variant urlsafe binary.handling.mode=base64-url-safe
-- variant hex binary.handling.mode=hex
-- variant hex_schemas binary.handling.mode=hex schemas.enable=true
CREATE TABLE t (id bytea PRIMARY KEY, a bytea, b bytea NOT NULL);
-- STREAM
INSERT INTO t VALUES ('\x', '\x00', '\xff'), ('\x01', NULL, '\xfbefff'), ('\x0102', '\xdeadbeef', '\x0000000000'), ('text', 'some text', decode(repeat('ab', 100), 'hex'));
DELETE FROM t;
