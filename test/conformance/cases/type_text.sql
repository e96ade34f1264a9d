-- text: escapes, control characters, beyond the basic plane, empty.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id text PRIMARY KEY, a text, b text NOT NULL);
-- STREAM
INSERT INTO t VALUES ('', NULL, ''), ('"q" \ / ''', E'tab\there\nline\rreturn', E'\x01\x02\x1f\x7f'), ('žš', '日本語 ', '😀 and 𝄞'), (E'\u2028\u2029', E'\u00a0\ufeff\ufffd', E'a\bb\fc'), ('</script>&<>', E'\u0080\u009f', repeat('x', 1000));
UPDATE t SET a = b;
DELETE FROM t;
