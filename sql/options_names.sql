-- What each option for names and keys does.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options_names', 'cdc_json');
CREATE TABLE "1 t_x" (id int PRIMARY KEY, "a-b.c" int, "Code" text);
INSERT INTO "1 t_x" VALUES (1, 2, 'three');
CREATE FUNCTION record(VARIADIC options text[] DEFAULT '{}') RETURNS json LANGUAGE sql AS $$
	SELECT data::json FROM pg_logical_slot_peek_changes('options_names', NULL, NULL, VARIADIC ARRAY['format', 'record'] || options) LIMIT 1
$$;

-- topic.prefix: the database's name without it
SELECT record()->>'topic' = current_database() || '.public.1_t_x', record()->'value'->'source'->>'name' = current_database();
SELECT record('topic.prefix', 'App-1')->>'topic', record('topic.prefix', 'App-1')->'value'->'source'->>'name';
-- topic.delimiter
SELECT record('topic.prefix', 'app', 'topic.delimiter', '__')->>'topic';
-- topic.transaction, with the delimiter
SELECT record('topic.prefix', 'app', 'topic.transaction', 'tx', 'topic.delimiter', '-', 'provide.transaction.metadata', 'true')->>'topic';
-- topic.naming.strategy
SELECT record('topic.prefix', 'app', 'topic.naming.strategy', s)->>'topic'
FROM unnest(ARRAY['io.debezium.schema.SchemaTopicNamingStrategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy']) AS s;
-- schema.name.adjustment.mode
SELECT m, record('topic.prefix', '1-a', 'schema.name.adjustment.mode', m, 'schemas.enable', 'true')->'key'->'schema'->>'name'
FROM unnest(ARRAY['none', 'avro', 'avro_unicode']) AS m;
-- field.name.adjustment.mode
SELECT m, record('field.name.adjustment.mode', m)->'value'->>'after' FROM unnest(ARRAY['none', 'avro', 'avro_unicode']) AS m;

-- message.key.columns: order as given, names in any case, first of the rules; the
-- primary key when no column has the name
SELECT c, record('message.key.columns', c)->>'key' FROM unnest(ARRAY[
	'public\.1 t_x:Code,id', '.*:code', '.*\.t:Code;.*x:a-b.c', 'public\.x:Code', '.*:nope'
]) AS c;

DROP FUNCTION record(text[]);
DROP TABLE "1 t_x";
SELECT 'dropped' FROM pg_drop_replication_slot('options_names');
