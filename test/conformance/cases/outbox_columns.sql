-- An outbox with columns of other names and types.
-- set transforms=outbox
-- set transforms.outbox.type=io.debezium.transforms.outbox.EventRouter
-- set transforms.outbox.table.field.event.id=event
-- set transforms.outbox.table.field.event.key=k
-- set transforms.outbox.table.field.event.payload=body
-- set transforms.outbox.route.by.field=kind
-- variant base
-- variant schemas schemas.enable=true
-- variant tombstones transforms.outbox.route.tombstone.on.empty.payload=true
-- variant placed transforms.outbox.table.fields.additional.placement=note:header,n:header:number,at:header,flag:header:flag,raw:header
-- variant envelope transforms.outbox.table.fields.additional.placement=note:envelope,n:envelope:number,at:envelope schemas.enable=true
-- variant envelope_plain transforms.outbox.table.fields.additional.placement=note:envelope,note:header,n:envelope:number
-- variant version transforms.outbox.table.fields.additional.placement=note:envelope transforms.outbox.table.field.event.schema.version=v schemas.enable=true
-- variant missing transforms.outbox.table.fields.additional.placement=note:header,nowhere:header,nowhere:envelope transforms.outbox.table.field.additional.missing=ignore schemas.enable=true
-- variant replacement transforms.outbox.route.topic.replacement=events.${routedByValue}.v1
-- variant numbered transforms.outbox.route.topic.regex=(.*)-(.*) transforms.outbox.route.topic.replacement=$2.$1
-- variant named transforms.outbox.route.topic.regex=(?<area>[a-z]+)(-.*)? transforms.outbox.route.topic.replacement=${area}.events
CREATE TABLE outbox (event bigint PRIMARY KEY, kind text NOT NULL, k integer, body text, note varchar(20), n numeric(8,2), at timestamp, v integer NOT NULL DEFAULT 7, flag boolean, raw bytea);
-- STREAM
INSERT INTO outbox VALUES (1, 'sales-order', 10, 'plain text', 'a note', 1.50, '2021-01-01 12:00:00.123456', 3, true, '\x0102'),
	(2, 'sales-order', NULL, '   ', NULL, NULL, NULL, 3, false, NULL),
	(3, 'sales-order', 12, NULL, '', 0, '2021-01-01', 3, NULL, '\x');
