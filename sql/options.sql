-- Options: what is accepted, and how the rest is refused.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options', 'cdc_json');
CREATE FUNCTION try(VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT 'accepted' FROM (SELECT count(*) FROM pg_logical_slot_peek_binary_changes('options', NULL, NULL, VARIADIC options)) AS s
$$;

-- Every option, and each default is a value that the option accepts.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cdc_json;
SELECT name, type, "default" FROM cdc_json.options();
SELECT name, try(name, "default") FROM cdc_json.options() WHERE "default" IS NOT NULL;
SELECT name FROM cdc_json.options() WHERE description !~ '^[A-Z].{20,}\.$' OR type IS NULL;
ROLLBACK;

-- Names: unrecognized, misspelt, in another case, half an alias.
SELECT try('foo', 'bar');
\echo :SQLSTATE
SELECT try('topic.prefx', 'app');
SELECT try('Topic.Prefix', 'app');
SELECT try('topic-prefix', 'app');
SELECT try('topic.naming_strategy', 'x');
SELECT try('', 'x');
SELECT try('key.converter.format', 'value');
SELECT try('column_mask_with_3_chars', 'public.t.c');
-- later
SELECT try('publication.names', 'p');
SELECT try('include.rewrites', 'true');

-- Names: dots or underscores, bare or for one converter.
SELECT try('topic_prefix', 'app', 'schemas_enable', 'true', 'key_converter_decimal_format', 'numeric');
SELECT try('schemas.enable', 'true', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'true');

-- The same option twice.
SELECT try('format', 'value', 'format', 'record');
\echo :SQLSTATE
SELECT try('topic.prefix', 'a', 'topic_prefix', 'a');
SELECT try('schemas.enable', 'true', 'schemas_enable', 'true');
SELECT try('value.converter.schemas.enable', 'true', 'value_converter_schemas_enable', 'true');
SELECT try('column.mask.with.3.chars', 'a', 'column.mask.with.3.chars', 'b');
SELECT try('column.mask.hash.MD5.with.salt.secret', 'a', 'column.mask.hash.MD5.with.salt.secret', 'b');
SELECT try('column.mask.with.chars', '3;a', 'column.mask.with.chars', '3;b', 'column.mask.hash.MD5', 'secret;a', 'column.mask.hash.MD5', 'secret;b');

-- Booleans.
SELECT try('tombstones.on.delete', 'yes');
\echo :SQLSTATE
SELECT try('tombstones.on.delete', 'TRUE');
SELECT try('tombstones.on.delete', '');
SELECT try('debezium.quirks', '1');
SELECT try('replace.null.with.default', '0');
SELECT try('key.converter.schemas.enable', 'on', 'schemas.enable', 'true');
SELECT try('schemas.enable', 'off', 'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true');
SELECT try('extended.headers.enabled', 'x');
SELECT try('position.header', 'x');
SELECT try('provide.transaction.metadata', 'x');
SELECT try('include.unknown.datatypes', 'x');
SELECT try('table.ignore.builtin', 'x');
SELECT try('skip.messages.without.change', 'x');
SELECT try('publish.via.partition.root', 'x');

-- Integers: digits only, in range.
SELECT try('batch.bytes', '1048576');
SELECT try('batch.bytes', '1MB');
\echo :SQLSTATE
SELECT try('batch.bytes', '-1');
SELECT try('batch.bytes', ' 1');
SELECT try('batch.bytes', '');
SELECT try('batch.bytes', '100000001');
\echo :SQLSTATE
SELECT try('batch.bytes', '99999999999999999999999999');
SELECT try('money.fraction.digits', '18');
SELECT try('money.fraction.digits', '19');
SELECT try('money.fraction.digits', '2.0');

-- Words: in any case, like Debezium's.
SELECT try('decimal.handling.mode', 'Double', 'decimal.format', 'NUMERIC', 'binary.handling.mode', 'BASE64-URL-SAFE');
SELECT try('format', 'xml');
SELECT try('format', '');
SELECT try('decimal.format', 'exact');
SELECT try('decimal.handling.mode', 'exact');
SELECT try('time.precision.mode', 'seconds');
SELECT try('interval.handling.mode', 'x');
SELECT try('hstore.handling.mode', 'x');
SELECT try('binary.handling.mode', 'base32');
SELECT try('schema.name.adjustment.mode', 'x');
SELECT try('field.name.adjustment.mode', 'x');
SELECT try('topic.naming.strategy', 'io.debezium.schema.DefaultRegexTopicNamingStrategy');
SELECT try('delete.without.identity', 'fail');
SELECT try('origin', 'pg_16401');

-- Topics.
SELECT try('topic.prefix', 'A.z_0-9', 'topic.delimiter', '-', 'topic.transaction', 'tx');
SELECT try('topic.prefix', 'my app');
SELECT try('topic.prefix', '');
SELECT try('topic.prefix', 'a"b');
SELECT try('topic.delimiter', '/');
SELECT try('topic.transaction', 'a:b');

-- The placeholder: text, or bytes.
SELECT try('unavailable.value.placeholder', 'hex:00FFab');
SELECT try('unavailable.value.placeholder', '');
SELECT try('unavailable.value.placeholder', 'hex:');
SELECT try('unavailable.value.placeholder', 'hex:123');
SELECT try('unavailable.value.placeholder', 'hex:xy');

-- Skipped operations.
SELECT try('skipped.operations', 'c, u,d ,t');
SELECT try('skipped.operations', 'none');
SELECT try('skipped.operations', 'none,c');
SELECT try('skipped.operations', 'r');
SELECT try('skipped.operations', 'cu');
SELECT try('skipped.operations', '');

-- The same through the replication protocol, where options can be without a
-- value, and where the grammar cuts a name at 63 bytes.
DROP FUNCTION try(text[]);
\connect -reuse-previous=on "replication=database"
\set VERBOSITY default
START_REPLICATION SLOT options LOGICAL 0/0 ("topic.prefix");
\echo :SQLSTATE
START_REPLICATION SLOT options LOGICAL 0/0 ("column.mask.with.3.chars");
START_REPLICATION SLOT options LOGICAL 0/0 ("column.mask.hash.MD5");
-- true, so that what comes next is the error
START_REPLICATION SLOT options LOGICAL 0/0 ("schemas.enable", "format" 'xml');
START_REPLICATION SLOT options LOGICAL 0/0 ("column.mask.hash.v2.SHA-256.with.salt.that.is.much.too.long.for.an.identifier" 'public.t.c');
\connect -reuse-previous=on "replication=false"
SELECT 'dropped' FROM pg_drop_replication_slot('options');
