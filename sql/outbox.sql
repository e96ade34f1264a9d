-- Events of an outbox, with a table and without.  Records of Debezium's EventRouter are in test/conformance.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE SCHEMA outbox;
SET search_path = outbox, public;
CREATE FUNCTION records(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT regexp_replace(data, '"id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"', '"id":"U"')
	FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv',
		'outbox.table.include.list', 'outbox\.(events|other)'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('outbox', pg_current_wal_lsn());
END $$;
CREATE TABLE events (id uuid PRIMARY KEY, aggregatetype varchar(255), aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload jsonb, part int, at timestamp);
CREATE TABLE other (id int PRIMARY KEY, aggregatetype int, aggregateid text, payload text);
SELECT 'slot' FROM pg_create_logical_replication_slot('outbox', 'cdc_json');

-- Inserts are events; updates are left out, deletes make room.
INSERT INTO events VALUES ('00000000-0000-0000-0000-000000000001', 'order', '42', 'OrderCreated', '{"id": 42}', 3, '2021-01-01'),
	('00000000-0000-0000-0000-000000000002', NULL, '43', 'Lost', '{}', NULL, NULL), ('00000000-0000-0000-0000-000000000003', 'customer', '', 'Empty', NULL, NULL, NULL);
UPDATE events SET type = 'x' WHERE part = 3;
DELETE FROM events;
TRUNCATE events;
SELECT * FROM records();
SELECT * FROM records('outbox.table.op.invalid.behavior', 'error', 'outbox.route.tombstone.on.empty.payload', 'true');
-- they count as the connector counts them
SELECT data::json->>'event_count' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'outbox.table.include.list', 'outbox\.events', 'provide.transaction.metadata', 'true') WHERE data ~ '"END"';
-- the value alone
SELECT data FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'outbox.table.include.list', 'outbox\.events', 'outbox.table.expand.json.payload', 'true');
-- partition, placements, and both spellings of the topic
SELECT * FROM records('outbox.table.fields.additional.placement', 'part:partition,type:header,part:envelope:p') LIMIT 1;
SELECT * FROM records('outbox.route.topic.regex', '(?<first>.)(.*)', 'outbox.route.topic.replacement', '${first}.$2') LIMIT 1;
SELECT * FROM records('outbox.route.topic.regex', 'nothing', 'outbox.route.topic.replacement', 'x') LIMIT 1;
SELECT count(*) FROM records('outbox.table.fields.additional.placement', 'type:partition') WHERE records ~ 'partition';
-- the time of an event, and a column that is none
SELECT * FROM records('outbox.table.field.event.timestamp', 'at');
SELECT * FROM records('outbox.table.field.event.timestamp', 'at', 'debezium.quirks', 'true', 'extended.headers.enabled', 'false');
SELECT * FROM records('outbox.table.field.event.timestamp', 'type') LIMIT 1;
-- get_events and frames
SELECT topic, key, value, headers FROM cdc_json.peek_events('outbox', NULL, NULL, 'outbox.table.include.list', 'outbox\.events', 'outbox.route.tombstone.on.empty.payload', 'true');
-- with unwrap: other tables are flattened, an outbox is not
SELECT * FROM records('unwrap', 'true') LIMIT 1;
CALL forget();

-- A table that is no outbox after all is sent as any other.
INSERT INTO other VALUES (1, 1, 'a', 'x');
SELECT data::json->>'topic', data::json->'value'->'after' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'outbox.table.include.list', 'outbox\.other');
SELECT data::json->>'topic' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'outbox.table.include.list', 'outbox\.other',
	'outbox.route.by.field', 'payload', 'outbox.table.fields.additional.placement', 'nowhere:header');
SELECT data::json->>'topic' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'outbox.table.include.list', 'outbox\.other',
	'outbox.route.by.field', 'payload', 'outbox.table.fields.additional.placement', 'nowhere:header', 'outbox.table.field.additional.missing', 'ignore');
CALL forget();

-- Without a table: the same record as that of a row.
INSERT INTO events VALUES ('00000000-0000-4000-8000-000000000001', 'order', '42', 'OrderCreated', '{"id": 42}');
SELECT 'emitted' FROM cdc_json.emit('order', '42', 'OrderCreated', '{"id": 42}');
SELECT * FROM records();
SELECT count(*), count(DISTINCT records) FROM records();
SELECT count(*), count(DISTINCT records) FROM records('outbox.table.expand.json.payload', 'true', 'outbox.table.fields.additional.placement', 'type:header');
SELECT count(*), count(DISTINCT records) FROM records('outbox.table.fields.additional.placement', 'type:envelope,type:header:t');
-- it is no event of a message, and counts nowhere
SELECT count(*) FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'table.exclude.list', 'outbox\..*');
SELECT data::json->>'event_count' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'provide.transaction.metadata', 'true') WHERE data ~ '"END"';
CALL forget();
SELECT 'emitted' FROM cdc_json.emit('order', '42', 'OrderCreated', '{"a": [1, "ž\n"]}', '{"trace": "00-ab", "n": 1.50, "flag": true, "none": null, "o": {"x": 1}, "list": [1, 2]}');
SELECT * FROM records('provide.transaction.metadata', 'true');
SELECT * FROM records('schemas.enable', 'true', 'outbox.table.fields.additional.placement', 'type:envelope');
SELECT topic, key, value, headers::jsonb - 'id' FROM cdc_json.peek_events('outbox', NULL, NULL);
-- any member can be placed
SELECT 'emitted' FROM pg_logical_emit_message(true, 'cdc_json.outbox', '{"id":"i","aggregatetype":"a","n":5,"o":{"p":1},"part":7}');
SELECT * FROM records('outbox.table.fields.additional.placement', 'n:header,o:header,o:envelope,n:envelope,part:partition,nowhere:header', 'outbox.table.field.additional.missing', 'ignore') OFFSET 1;
SELECT * FROM records('outbox.table.fields.additional.placement', 'nowhere:header') OFFSET 1;
CALL forget();

-- names of headers are used once: the event's own first, then placed ones, then the message's; ours are not theirs to have
SELECT 'emitted' FROM cdc_json.emit('a', 'k', 'T', '1', '{"id": "other", "type": "other", "h": 1, "__debezium.newkey": 1, "__cdc_json.position": 1}');
SELECT * FROM records('outbox.table.fields.additional.placement', 'type:header');
CALL forget();

-- NULLs: a null key, a null payload, no type.
SELECT 'emitted' FROM cdc_json.emit('order', NULL, NULL, NULL);
SELECT * FROM records();
SELECT * FROM records('schemas.enable', 'true');
SELECT * FROM records('outbox.route.tombstone.on.empty.payload', 'true');
CALL forget();

-- Another prefix, and none: then the usual one is dropped as any reserved one.
SELECT 'emitted' FROM cdc_json.emit('order', '1', 'T', '1');
SELECT 'emitted' FROM pg_logical_emit_message(true, 'my outbox', '{"aggregatetype":"mine","aggregateid":"\u017e","payload":"text"}');
SELECT data::json->>'topic' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv');
SELECT data::json->>'topic', data::json->>'key', data::json->>'value' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'outbox.message.prefix', 'my outbox');
SELECT data::json->>'topic' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'outbox.message.prefix', '');
-- without an id, the record's position
SELECT data::json->'headers'->>'id' ~ '^[0-9a-f]{16}\.00000001\.0$' FROM pg_logical_slot_peek_changes('outbox', NULL, NULL, 'format', 'record', 'outbox.message.prefix', 'my outbox');
CALL forget();

-- By hand and malformed: nothing, and what follows is not disturbed.
SELECT count(pg_logical_emit_message(true, 'cdc_json.outbox', m)) FROM unnest(ARRAY['', 'x', '[]', '"a"', 'null', '{', '{}', '{"aggregatetype":1}', '{"aggregatetype":""}', '{"aggregatetype":null}',
	'{"aggregatetype":"a","aggregateid":1}', '{"aggregatetype":"a","id":{}}', '{"aggregatetype":"a","type":[]}', '{"aggregatetype":"a","headers":[]}',
	'{"aggregatetype":"a","headers":{"":1}}', '{"aggregatetype":"a\u0000"}', '{"aggregatetype":"a"} x', '{"aggregatetype":"a",}', '{"aggregatetype":"\ud800"}',
	'{"aggregatetype":"' || repeat('a', 1100000) || '"}', '{"aggregatetype":"a","headers":{' || (SELECT string_agg(format('"h%s":1', g), ',') FROM generate_series(1, 101) AS g) || '}}',
	repeat('[', 100000), '{"aggregatetype":"a","payload":' || repeat('[', 600) || repeat(']', 600) || '}']) AS m;
SELECT 'bytes' FROM pg_logical_emit_message(true, 'cdc_json.outbox', '\x7b22616767726567617465747970650022ff'::bytea);
SELECT 'outside' FROM pg_logical_emit_message(false, 'cdc_json.outbox', '{"aggregatetype":"a"}');
SELECT 'emitted' FROM cdc_json.emit('order', '1', 'T', '1');
SELECT * FROM records();
CALL forget();

-- In a transaction: nothing of what is rolled back.
BEGIN;
SAVEPOINT s;
SELECT 'emitted' FROM cdc_json.emit('order', '1', 'T', '"lost"');
ROLLBACK TO s;
SELECT 'emitted' FROM cdc_json.emit('order', '2', 'T', '"kept"');
COMMIT;
BEGIN;
SELECT 'emitted' FROM cdc_json.emit('order', '3', 'T', '"lost"');
ROLLBACK;
SELECT * FROM records();
-- the position is in the log, and the function says so
SELECT cdc_json.emit('order', '4', 'T', NULL) BETWEEN pg_current_wal_insert_lsn() - 10000 AND pg_current_wal_insert_lsn() + 10000;

-- Wrong arguments.
\set VERBOSITY terse
SELECT cdc_json.emit(NULL, '1', 'T', '1');
\echo :SQLSTATE
SELECT cdc_json.emit('', '1', 'T', '1');
\echo :SQLSTATE
\set VERBOSITY default
SELECT cdc_json.emit('a', '1', 'T', '1', '[]');
SELECT cdc_json.emit('a', '1', 'T', '1', (SELECT jsonb_object_agg(g, g) FROM generate_series(1, 101) AS g));
SELECT cdc_json.emit('a', repeat('x', 1100000), 'T', '1');

-- A snapshot of an outbox has its events.
INSERT INTO events VALUES ('00000000-0000-4000-8000-000000000002', 'order', '42', 'OrderCreated', '{"id": 42}'), ('00000000-0000-4000-8000-000000000003', NULL, '42', 'Lost', '{"id": 42}');
SELECT cdc_json.read_event(e, 'outbox.table.include.list', 'outbox\.events', 'format', 'record') FROM events AS e ORDER BY id;
SELECT topic, key, value, headers FROM cdc_json.snapshot('{events}', 'outbox.table.include.list', 'outbox\.events');

SELECT pg_drop_replication_slot('outbox');
DROP SCHEMA outbox CASCADE;
