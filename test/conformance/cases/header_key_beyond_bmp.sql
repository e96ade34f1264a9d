-- Headers of a key change whose key has characters beyond U+FFFF: raw there, escaped in key and value.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (k text PRIMARY KEY, v int);
-- STREAM
INSERT INTO t VALUES ('😀 a', 1);
UPDATE t SET k = 'b 😀';
UPDATE t SET k = 'ž';
