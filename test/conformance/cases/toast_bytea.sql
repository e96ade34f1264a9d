-- Unchanged long bytea in every binary.handling.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant base64 binary.handling.mode=base64
-- variant urlsafe binary.handling.mode=base64-url-safe
-- variant hex binary.handling.mode=hex
-- variant placeholder unavailable.value.placeholder=hex:4e41ff
-- variant placeholder_hex unavailable.value.placeholder=hex:4e41ff binary.handling.mode=hex
CREATE TABLE t (id int PRIMARY KEY, n int, a bytea);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, 1, decode(repeat('ab', 2100), 'hex'));
-- STREAM
UPDATE t SET n = 2;
