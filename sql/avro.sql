-- Keys and values as Avro: options, and what SQL functions make of them.
CREATE EXTENSION cdc_json;
CREATE TABLE readings (id int PRIMARY KEY, name text NOT NULL, level numeric(6,2) DEFAULT 1.00, "a-b" int[]);
INSERT INTO readings VALUES (1, 'é', 12.34, '{1,NULL}'), (2, '', NULL, '{}');

-- the schemas, as a registry has them
SELECT cdc_json.schema('readings', 'key', 'key.converter', 'avro', 'topic.prefix', 'srv');
SELECT cdc_json.schema('readings', 'value', 'value.converter', 'io.confluent.connect.avro.AvroConverter', 'topic.prefix', 'srv');
SELECT cdc_json.schema('readings', 'envelope', 'value.converter', 'avro')::json -> 'fields' -> 0 -> 'name' AS first;

-- a key may be JSON beside a value in Avro
SELECT cdc_json.schema('readings', 'key', 'value.converter', 'avro', 'topic.prefix', 'srv');

-- text holds Avro only in base64, and that only in records
SELECT cdc_json.read_event(t, 'value.converter', 'avro') FROM readings t;
SELECT cdc_json.read_event(t, 'key.converter', 'avro') FROM readings t;
SELECT cdc_json.read_event(t, 'value.converter', 'protobuf') FROM readings t;
SELECT cdc_json.read_event(t, 'value.converter', 'avro', 'unwrap', 'true') FROM readings t;
SELECT cdc_json.read_event(t, 'key.converter', 'avro', 'outbox.table.include.list', 'public.outbox') FROM readings t;
CREATE TEMP VIEW events AS SELECT id, cdc_json.read_event(t, 'format', 'record', 'key.converter', 'avro', 'value.converter', 'avro')::json AS e FROM readings t;
SELECT id, e -> 'key' AS key, left(decode(e ->> 'value', 'base64')::text, 40) AS start_of_value FROM events ORDER BY id;

-- the schema comes along once, its fingerprint always: the first eight bytes of the text's SHA-256
SELECT id, e -> 'headers' -> '__cdc_json.value.schema' ->> 'fingerprint' =
		   left(encode(sha256(convert_to(cdc_json.schema('readings', 'envelope', 'value.converter', 'avro')::text, 'UTF8')), 'hex'), 16) AS known,
	   e -> 'headers' -> '__cdc_json.value.schema' ->> 'schema' = cdc_json.schema('readings', 'envelope', 'value.converter', 'avro')::text AS whole
FROM events ORDER BY id;
SELECT (s).topic, (s).key FROM (SELECT cdc_json.snapshot(ARRAY['readings'::regclass], 'key.converter', 'avro') AS s) q;

-- in a frame it is a record of its own: three in the first, one in the second
SELECT get_byte(cdc_json.read_frame(t, 'key.converter', 'avro', 'value.converter', 'avro'), 7) AS records FROM readings t ORDER BY id;

-- events as rows are text
SELECT pg_create_logical_replication_slot('regress_avro', 'cdc_json') IS NOT NULL AS created;
INSERT INTO readings VALUES (3, 'three');
SELECT * FROM cdc_json.peek_events('regress_avro', NULL, NULL, 'value.converter', 'avro');
SELECT count(*) FROM pg_logical_slot_get_changes('regress_avro', NULL, NULL, 'format', 'record', 'value.converter', 'avro');
SELECT pg_drop_replication_slot('regress_avro');
DROP VIEW events;
DROP TABLE readings;
DROP EXTENSION cdc_json;
