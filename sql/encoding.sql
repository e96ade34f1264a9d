-- Databases in other encodings: events are UTF-8 all the same (through SQL,
-- which has to return the database's encoding, with \u escapes).
SET client_min_messages = warning;
CREATE DATABASE cdc_json_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE cdc_json_eucjp ENCODING 'EUC_JP' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE cdc_json_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;

-- One byte a character: values of every kind, names, labels, long values, masks.
\c cdc_json_latin1
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
SET synchronous_commit = on;
CREATE TYPE mood AS ENUM ('gut', 'süß');
CREATE TABLE "Größe" (id int PRIMARY KEY, "übel" text, c char(3), qc "char", n name, j jsonb, m mood, a text[], xm xml);
SELECT 'slot' FROM pg_create_logical_replication_slot('encoding', 'cdc_json');
INSERT INTO "Größe" VALUES (1, 'é"ÿ', 'ä', 'q', 'ñame', '{"ö": "é"}', 'süß', '{á,b}', '<a>é</a>');
INSERT INTO "Größe" (id, "übel") VALUES (2, 'plain'), (3, (SELECT string_agg(chr(g), '') FROM generate_series(1, 255) g)),
	(4, repeat('é', 4095) || 'x'), (5, repeat('xé', 10000));
SELECT data::json->'after' FROM pg_logical_slot_peek_changes('encoding', NULL, NULL) LIMIT 3;
SELECT data::json->'source'->>'table' FROM pg_logical_slot_peek_changes('encoding', NULL, NULL) LIMIT 1;
SELECT f FROM (SELECT data FROM pg_logical_slot_peek_changes('encoding', NULL, NULL, 'schemas.enable', 'true') LIMIT 1) d,
	LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f WHERE f->>'field' IN ('übel', 'm');
SELECT t.id, t."übel" = data::json->'after'->>'übel' AS same FROM pg_logical_slot_peek_changes('encoding', NULL, NULL)
	JOIN "Größe" t ON t.id = (data::json->'after'->>'id')::int;
-- Hashes and truncation are those of the UTF-8 text.
SELECT data::json->'after'->>'übel' = encode(sha256(convert_to('sälz' || 'é"ÿ', 'UTF8')), 'hex') AS hash
FROM pg_logical_slot_peek_changes('encoding', NULL, NULL, 'column.mask.hash.v2.SHA-256.with.salt.sälz', '.*\.übel') LIMIT 1;
SELECT length(data::json->'after'->>'übel') FROM pg_logical_slot_peek_changes('encoding', NULL, NULL, 'column.truncate.to.100.chars', '.*\.übel') OFFSET 2;
SELECT 'dropped' FROM pg_drop_replication_slot('encoding');

-- Several bytes a character, one of which has no equivalent.
\c cdc_json_eucjp
SET client_encoding = 'UTF8';
SET client_min_messages = warning;
SET synchronous_commit = on;
CREATE TABLE t (id int PRIMARY KEY, x text);
SELECT 'slot' FROM pg_create_logical_replication_slot('encoding', 'cdc_json');
INSERT INTO t VALUES (1, '日本語'), (2, repeat('語', 5000)), (3, 'x' || repeat('語', 5000)),
	(4, convert_from('\x61f5a162', 'EUC_JP')), (5, convert_from(decode(repeat('f5a1', 4000), 'hex'), 'EUC_JP'));
SELECT id, x = data::json->'after'->>'x' AS same
FROM (SELECT data FROM pg_logical_slot_peek_changes('encoding', NULL, NULL) LIMIT 3) d JOIN t ON t.id = (data::json->'after'->>'id')::int;
SELECT (regexp_match(data, '"x":"([^"]*)"'))[1] AS x FROM pg_logical_slot_peek_changes('encoding', NULL, NULL) OFFSET 3 LIMIT 1;
SELECT length(x), x = repeat('\uFFFD', 4000) AS same
FROM pg_logical_slot_peek_changes('encoding', NULL, NULL), LATERAL (SELECT (regexp_match(data, '"x":"([^"]*)"'))[1]) AS m(x) OFFSET 4;
SELECT 'dropped' FROM pg_drop_replication_slot('encoding');

-- No encoding: bytes that are UTF-8 pass, others are replaced, whatever a value's length.
\c cdc_json_ascii
SET client_min_messages = warning;
SET synchronous_commit = on;
CREATE TABLE t (id int PRIMARY KEY, x text);
SELECT 'slot' FROM pg_create_logical_replication_slot('encoding', 'cdc_json');
INSERT INTO t VALUES (1, convert_from('\x61c3a962', 'SQL_ASCII')), (2, convert_from('\x61e962', 'SQL_ASCII')), (3, convert_from('\xe282', 'SQL_ASCII')),
	(4, convert_from(decode(repeat('ff', 70000), 'hex'), 'SQL_ASCII'));
SELECT left((regexp_match(data, '"x":"([^"]*)"'))[1], 30) AS x FROM pg_logical_slot_peek_changes('encoding', NULL, NULL);
SELECT 'dropped' FROM pg_drop_replication_slot('encoding');

\c postgres
DROP DATABASE cdc_json_latin1;
DROP DATABASE cdc_json_eucjp;
DROP DATABASE cdc_json_ascii;
