-- What the options that change values on the way do.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options_mappers', 'cdc_json');
CREATE TABLE options_t (id int PRIMARY KEY, a text, v varchar(20), short varchar(2), n int, nothing text);
INSERT INTO options_t VALUES (1, 'test', 'test', 'te', 42, NULL);
CREATE FUNCTION after(VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT data::json->>'after' FROM pg_logical_slot_peek_changes('options_mappers', NULL, NULL, VARIADIC options) LIMIT 1
$$;
CREATE FUNCTION parameters(name text, VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT f->>'parameters' FROM pg_logical_slot_peek_changes('options_mappers', NULL, NULL, VARIADIC ARRAY['schemas.enable', 'true'] || options) AS s,
		LATERAL json_array_elements(data::json->'schema'->'fields'->1->'fields') AS f
	WHERE f->>'field' = name LIMIT 1
$$;

-- asterisks: for NULL too, whatever the type
SELECT after('column.mask.with.3.chars', 'public\.options_t\.(a|nothing|n)');
SELECT after('column.mask.with.chars', '0;.*\.a', 'column.mask.with.chars', '5;.*\.v');
SELECT parameters('a', 'column.mask.with.3.chars', '.*\.a');
-- truncation: only where the declared length is longer
SELECT after('column.truncate.to.3.chars', '.*');
SELECT after('column.truncate.to.chars', '1;.*\.a,.*\.short');
SELECT parameters('a', 'column.truncate.to.3.chars', '.*\.a');
-- hashes: of the serialised string, of the text; cut to the declared length
SELECT after('column.mask.hash.SHA-256.with.salt.CzQMA0cB5K', '.*');
SELECT after('column.mask.hash.v2.SHA-256.with.salt.CzQMA0cB5K', '.*');
SELECT after('column.mask.hash.SHA-256', 'CzQMA0cB5K;.*') = after('column.mask.hash.SHA-256.with.salt.CzQMA0cB5K', '.*'),
	after('column.mask.hash.v2.SHA-256', 'CzQMA0cB5K;.*') = after('column.mask.hash.v2.SHA-256.with.salt.CzQMA0cB5K', '.*');
SELECT a, after('column.mask.hash.v2.' || a, 's;.*\.a')::json->>'a' = encode(h, 'hex')
FROM (VALUES ('MD5', decode(md5('stest'), 'hex')), ('sha-224', sha224('stest')), ('SHA-384', sha384('stest')), ('SHA-512', sha512('stest'))) AS v(a, h);
SELECT after('column.mask.hash.v2.SHA-1', 's;.*\.a')::json->>'a';
SELECT parameters('a', 'column.mask.hash.v2.MD5', 's;.*\.a');
-- names of source types
SELECT parameters('v', 'column.propagate.source.type', '.*\.v');
SELECT parameters('v', 'datatype.propagate.source.type', '.*\.VARCHAR'), parameters('n', 'datatype.propagate.source.type', '.*\.VARCHAR');

-- one mapper a column: truncation before masks before hashes, in whatever order they are given
SELECT after('column.mask.hash.v2.MD5', 's;.*', 'column.mask.with.2.chars', '.*\.(a|v)', 'column.truncate.to.1.chars', '.*\.a');
-- the connector sends a hashed column in clear when it is propagated as well
SELECT after('column.mask.hash.v2.MD5', 's;.*\.a', 'column.propagate.source.type', '.*\.a')::json->>'a';
SELECT after('column.mask.hash.v2.MD5', 's;.*\.a', 'column.propagate.source.type', '.*\.a', 'debezium.quirks', 'true')::json->>'a';

DROP FUNCTION after(text[]), parameters(text, text[]);
DROP TABLE options_t;
SELECT 'dropped' FROM pg_drop_replication_slot('options_mappers');
