-- Names of topics, schemas and fields.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION names(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', data::json->'topic', data::json->'key', v->'after', v->'source'->'schema', v->'source'->'table')
	FROM pg_logical_slot_peek_changes('names', NULL, NULL, VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv'] || options),
		LATERAL (SELECT data::json->'value') AS x(v)
$$;
-- names of the schemas of key, value and envelope, and the fields' names
CREATE FUNCTION schema_names(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', data::json #> '{key,schema,name}', s->'name', s #> '{fields,1,name}', s #> '{fields,1,fields,0,field}', data::json #> '{key,schema,fields,0,field}')
	FROM pg_logical_slot_peek_changes('names', NULL, NULL, VARIADIC ARRAY['format', 'record', 'schemas.enable', 'true'] || options),
		LATERAL (SELECT data::json #> '{value,schema}') AS x(s)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('names', pg_current_wal_lsn());
END $$;
SELECT 'slot' FROM pg_create_logical_replication_slot('names', 'cdc_json');

-- Topics are made of letters, digits, dots, hyphens and underscores; all else is one underscore for each UTF-16 unit.
-- Names in the event itself stay as they are.
CREATE SCHEMA "Quoted_"" . Schema";
CREATE TABLE "Quoted_"" . Schema"."Quoted_"" . Table" ("Quoted_"" . Text_Column" text PRIMARY KEY);
CREATE SCHEMA "1-ü.😀";
CREATE TABLE "1-ü.😀"."\t / ""é_" ("2.a-b_ü" int PRIMARY KEY, "😀" int);
INSERT INTO "Quoted_"" . Schema"."Quoted_"" . Table" VALUES ('x');
INSERT INTO "1-ü.😀"."\t / ""é_" VALUES (1, 2);
SELECT * FROM names();
SELECT * FROM names('topic.delimiter', '_');
-- The Unicode strategy escapes instead, underscores too.
SELECT * FROM names('topic.naming.strategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy');

-- Schemas are named after the topic; adjustment makes Avro names of them. Fields have a setting of their own.
SELECT * FROM schema_names('topic.prefix', 'srv');
SELECT * FROM schema_names('topic.prefix', '1-srv', 'schema.name.adjustment.mode', 'avro');
SELECT * FROM schema_names('topic.prefix', '1-srv', 'schema.name.adjustment.mode', 'avro_unicode');
SELECT o, n FROM unnest(ARRAY['none', 'avro', 'avro_unicode']) AS o, names('field.name.adjustment.mode', o) AS n;
CALL forget();

-- Without a prefix, the database's name; a transaction's topic can be named, a message's not.
SELECT 'emitted' FROM pg_logical_emit_message(true, 'p', '');
SELECT DISTINCT data::json->>'topic' FROM pg_logical_slot_peek_changes('names', NULL, NULL, 'format', 'record', 'provide.transaction.metadata', 'true');
SELECT DISTINCT data::json->>'topic' FROM pg_logical_slot_peek_changes('names', NULL, NULL, 'format', 'record', 'provide.transaction.metadata', 'true',
	'topic.prefix', 'p.q', 'topic.delimiter', '--', 'topic.transaction', 'tx');
CALL forget();

-- As long as they can be: 63 bytes, of one or of four each; a topic is cut at 249 characters.
SELECT format('CREATE SCHEMA %1$I; CREATE TABLE %1$I.%2$I (%3$I int PRIMARY KEY); INSERT INTO %1$I.%2$I VALUES (1)',
	repeat('s', 63), repeat('😀', 15) || 'end', repeat('c', 63)) \gexec
SELECT n, length(n::text) FROM names() AS n;
SELECT length(data::json->>'topic') FROM pg_logical_slot_peek_changes('names', NULL, NULL, 'format', 'record', 'topic.prefix', repeat('p', 200));
SELECT length(data::json->>'topic') FROM pg_logical_slot_peek_changes('names', NULL, NULL, 'format', 'record',
	'topic.naming.strategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy');
CALL forget();

-- Columns that differ in case only, on which the connector stops, and names that JSON has to escape.
CREATE SCHEMA names;
CREATE TABLE names.cases (id int PRIMARY KEY, a int, "A" int, "back\slash" int, "new
line" int, "ta	b" int, "$" int);
INSERT INTO names.cases VALUES (1, 2, 3, 4, 5, 6, 7);
SELECT * FROM names();

SELECT 'dropped' FROM pg_drop_replication_slot('names');
SELECT format('DROP SCHEMA %I CASCADE', repeat('s', 63)) \gexec
DROP SCHEMA "Quoted_"" . Schema", "1-ü.😀", names CASCADE;
DROP FUNCTION names, schema_names;
DROP PROCEDURE forget;
