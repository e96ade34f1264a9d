-- Options of flattened values, outboxes and context: what is accepted, and how the rest is refused.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options_transforms', 'cdc_json');
CREATE FUNCTION try(VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT 'accepted' FROM (SELECT count(*) FROM pg_logical_slot_peek_binary_changes('options_transforms', NULL, NULL, VARIADIC options)) AS s
$$;

-- Modes of deletes, in any case.
SELECT m, try('unwrap', 'true', 'delete.tombstone.handling.mode', m)
	FROM unnest('{drop,tombstone,rewrite,rewrite-with-tombstone,delete-to-tombstone,REWRITE}'::text[]) AS m;
SELECT try('unwrap', 'true', 'delete.tombstone.handling.mode', 'none');
\echo :SQLSTATE
SELECT try('unwrap', 'yes');
SELECT try('unwrap', 'true', 'unwrap.replace.null.with.default', 'maybe');

-- Fields: each that an event can have, and what no event has.
SELECT f, try('unwrap', 'true', 'add.fields', f, 'add.headers', f)
	FROM unnest('{op,ts_ms,ts_us,ts_ns,id,total_order,data_collection_order,transaction.id,transaction.total_order,
		transaction.data_collection_order,version,connector,name,source.ts_ms,snapshot,db,sequence,source.ts_us,source.ts_ns,
		schema,table,txId,lsn,xmin,origin,origin_lsn,source.lsn,source.op,before.x,after.a column,op:o,source.lsn : position}'::text[]) AS f;
SELECT try('unwrap', 'true', 'add.fields', 'op, source.lsn:pos ,before.name', 'add.fields.prefix', '', 'add.headers.prefix', '');
SELECT try('unwrap', 'true', 'add.fields', 'foo');
\echo :SQLSTATE
SELECT try('unwrap', 'true', 'add.headers', 'op,source.foo');
SELECT try('unwrap', 'true', 'add.fields', 'txid');
SELECT try('unwrap', 'true', 'add.fields', 'source');
SELECT try('unwrap', 'true', 'add.fields', 'before');
SELECT try('unwrap', 'true', 'add.fields', 'before.');
SELECT try('unwrap', 'true', 'add.fields', 'patch.id');
SELECT try('unwrap', 'true', 'add.fields', 'op:');
SELECT try('unwrap', 'true', 'add.fields', 'op:a:b');
SELECT try('unwrap', 'true', 'add.fields', '');
SELECT try('unwrap', 'true', 'add.fields', 'op,table:op');

-- Which columns are left out.
SELECT try('unwrap', 'true', 'drop.fields.header.name', '__cdc_json.unavailable', 'drop.fields.keep.schema.compatible', 'false');
SELECT try('unwrap', 'true', 'drop.fields.header.name', 'changed');
SELECT try('unwrap', 'true', 'drop.fields.header.name', '');
SELECT try('unwrap', 'true', 'drop.fields.from.key', 'true');
SELECT try('unwrap', 'true', 'route.by.field', 'any name');
SELECT try('unwrap', 'true', 'route.by.field', '');

-- Without unwrap they would do nothing.
SELECT try('add.fields', 'op');
\echo :SQLSTATE
SELECT try('add.headers', 'op', 'unwrap', 'false');
SELECT try('route.by.field', 'a');
SELECT try('drop.fields.header.name', '__cdc_json.unavailable');

-- Names of earlier releases.
SELECT try('drop.tombstones', 'true');
SELECT try('delete.handling.mode', 'rewrite');
SELECT try('operation.header', 'true');
SELECT try('add.source.fields', 'lsn');

-- Outboxes.
SELECT try('outbox.table.include.list', 'public\.outbox,app\..*', 'outbox.table.field.event.id', 'event_id', 'outbox.table.field.event.key', 'k',
	'outbox.table.field.event.payload', 'p', 'outbox.table.field.event.timestamp', 't', 'outbox.route.by.field', 'r');
SELECT try('outbox_table_include_list', 'public\.outbox', 'outbox_route_by_field', 'r');
SELECT try('outbox.table.include.list', 'public.(outbox');
SELECT try('outbox.table.include.list', '');
SELECT try('outbox.table.field.event.id', '');
SELECT try('outbox.table.field.event.type', 'type');
SELECT try('outbox.table.op.invalid.behavior', 'fatal');
SELECT try('outbox.table.field.additional.missing', 'skip');
SELECT try('outbox.table.json.payload.null.behavior', 'keep');
SELECT try('outbox.table.expand.json.payload', 'x');
SELECT try('outbox.route.tombstone.on.empty.payload', 'x');
SELECT try('outbox.tracing.span.context.field', 'tracingspancontext');

-- Placements.
SELECT try('outbox.table.fields.additional.placement', 'type:header,type:HEADER:kind, a : envelope : b ,p:partition');
SELECT try('outbox.table.fields.additional.placement', 'type');
\echo :SQLSTATE
SELECT try('outbox.table.fields.additional.placement', 'type:body');
SELECT try('outbox.table.fields.additional.placement', 'type:header:');
SELECT try('outbox.table.fields.additional.placement', 'type:header:a:b');
SELECT try('outbox.table.fields.additional.placement', 'a:envelope:x,b:envelope:x');
SELECT try('outbox.table.fields.additional.placement', 'a:header:x,b:header:x');
SELECT try('outbox.table.fields.additional.placement', 'id:header');
SELECT try('outbox.table.fields.additional.placement', 'a:envelope:payload');
SELECT try('outbox.table.fields.additional.placement', 'a:partition,b:partition');
SELECT try('outbox.table.fields.additional.placement', ' , ');
SELECT try('outbox.table.field.event.schema.version', 'v', 'outbox.table.fields.additional.placement', 'type:envelope');
SELECT try('outbox.table.field.event.schema.version', 'v', 'outbox.table.fields.additional.placement', 'type:header');

-- Topics.
SELECT try('outbox.route.topic.replacement', 'a.${routedByValue}.b$0\$');
SELECT try('outbox.route.topic.regex', '(?<area>[a-z]+)-(?:x|[(])([0-9]*)', 'outbox.route.topic.replacement', '${area}.$2.$10');
SELECT try('outbox.route.topic.replacement', '');
SELECT try('outbox.route.topic.replacement', '$1');
\echo :SQLSTATE
SELECT try('outbox.route.topic.replacement', '${other}');
SELECT try('outbox.route.topic.replacement', 'a$');
SELECT try('outbox.route.topic.replacement', '${routedByValue');
SELECT try('outbox.route.topic.replacement', 'a\');
SELECT try('outbox.route.topic.replacement', 'žluť');
SELECT try('outbox.route.topic.regex', '(.*)', 'outbox.route.topic.replacement', '${routedByValue}'), try('outbox.route.topic.regex', 'x');
SELECT try('outbox.route.topic.regex', '(a');
SELECT try('outbox.route.topic.regex', 'a++');
SELECT try('outbox.route.topic.regex', 'ž.*');
SELECT try('outbox.route.topic.regex', repeat('(a)', 25), 'outbox.route.topic.replacement', '$1');

-- Messages.
SELECT try('outbox.message.prefix', ''), try('outbox.message.prefix', 'my outbox'), try('outbox.message.prefix', 'cdc_json.outbox');
SELECT try('outbox.message.prefix', 'cdc_json.context');
SELECT try('context.headers.prefix', ''), try('context.headers.prefix', 'x-');

-- As connectors write them, they say where to look.
SELECT try('transforms', 'unwrap');
SELECT try('transforms.unwrap.type', 'io.debezium.transforms.ExtractNewRecordState');

DROP FUNCTION try(text[]);
SELECT pg_drop_replication_slot('options_transforms');
