-- An outbox: topic, key, value and header of its events; what is no event.
-- set transforms=outbox
-- set transforms.outbox.type=io.debezium.transforms.outbox.EventRouter
-- variant base
-- variant schemas schemas.enable=true
-- variant extended extended.headers.enabled=true
-- variant metadata provide.transaction.metadata=true
-- variant tombstones transforms.outbox.route.tombstone.on.empty.payload=true
-- variant tombstones_schemas transforms.outbox.route.tombstone.on.empty.payload=true schemas.enable=true
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL, aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload jsonb);
-- STREAM
INSERT INTO outbox VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'order', '42', 'OrderCreated', '{"id": 42, "name": "a \"quoted\" name \\ ž"}'),
	('b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'customer', 'ž', 'CustomerChanged', NULL),
	('c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'customer', '', '', '[]');
UPDATE outbox SET type = 'x' WHERE aggregateid = '42';
UPDATE outbox SET id = 'd0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' WHERE aggregateid = '42';
DELETE FROM outbox;
SELECT pg_logical_emit_message(true, 'note', 'x');
