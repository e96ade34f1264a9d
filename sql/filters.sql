-- What include and exclude lists leave of an event, beyond whether it comes.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA filters;
SET search_path = filters, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', substr(data::json->>'topic', 5), data::json->'value'->>'op', data::json->'key',
		data::json->'value'->'before', data::json->'value'->'after', substr(data::json->'headers'->>'__cdc_json.position', 18))
	FROM pg_logical_slot_peek_changes('filters', NULL, NULL,
		VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv', 'position.header', 'true', 'tombstones.on.delete', 'false'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('filters', pg_current_wal_lsn());
END $$;
CREATE TABLE orders (id int PRIMARY KEY, customer text, "Secret" text, note text);
CREATE TABLE "Orders_Old" (id int PRIMARY KEY);
CREATE TABLE spatial_ref_sys (id int PRIMARY KEY);
CREATE TEMPORARY TABLE temporary (id int PRIMARY KEY);
CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
CREATE TABLE nothing ();
SELECT 'slot' FROM pg_create_logical_replication_slot('filters', 'cdc_json');
BEGIN;
INSERT INTO orders VALUES (1, 'c', 's', 'n');
INSERT INTO "Orders_Old" VALUES (2);
INSERT INTO spatial_ref_sys VALUES (3);
INSERT INTO temporary VALUES (4);
INSERT INTO unlogged VALUES (5);
INSERT INTO nothing DEFAULT VALUES;
UPDATE orders SET note = 'm', id = 6;
COMMIT;

-- Built-in tables only when asked for; temporary and unlogged ones never, nor those without columns.
-- Positions do not depend on what is left out.
SELECT * FROM events();
SELECT * FROM events('table.ignore.builtin', 'false') AS e WHERE e ~ 'spatial';
-- Names as a whole, without regard to case.
SELECT o, e FROM unnest(ARRAY['FILTERS\.ORDERS', 'filters.orders_old', 'orders', '.*orders.*', 'filters\.(?:orders|nope) , other\..*']) AS o
	LEFT JOIN LATERAL events('table.include.list', o) AS e ON true;
SELECT o, e FROM unnest(ARRAY['filters\.orders.*', '.*', '(?i)FILTERS\.ORDERS_OLD']) AS o LEFT JOIN LATERAL events('table.exclude.list', o) AS e ON true;
-- Both levels must pass.
SELECT count(*) FROM events('schema.include.list', 'Filters', 'table.include.list', '.*orders');
SELECT count(*) FROM events('schema.exclude.list', 'filters', 'table.include.list', '.*orders');

-- Columns: of the value only, before and after; a row of which all are left out is an empty object, and still an event.
SELECT * FROM events('column.exclude.list', '.*\.secret,filters\.orders\.customer', 'table.include.list', '.*\.orders');
SELECT * FROM events('column.include.list', '.*\.id', 'table.include.list', '.*\.orders');
SELECT * FROM events('column.exclude.list', '.*', 'table.include.list', '.*\.orders');
-- the schema says the same
SELECT data::json #> '{schema,fields,1}' FROM pg_logical_slot_peek_changes('filters', NULL, NULL, 'schemas.enable', 'true', 'topic.prefix', 'srv',
	'column.exclude.list', '.*', 'table.include.list', '.*\.orders') LIMIT 1;
-- The key has an excluded column as it is in the table; with quirks, as the connector has it: optional.
SELECT o, data::json #> '{key,schema,fields}' FROM unnest(ARRAY['false', 'true']) AS o, LATERAL pg_logical_slot_peek_changes('filters', NULL, NULL, 'format', 'record',
	'schemas.enable', 'true', 'column.exclude.list', '.*\.id', 'table.include.list', '.*\.orders', 'debezium.quirks', o) WITH ORDINALITY AS s(lsn, xid, data, n) WHERE n = 1;

-- A table that is renamed into the list, or out of it, in mid-transaction.
CALL forget();
BEGIN;
INSERT INTO orders VALUES (7);
ALTER TABLE orders RENAME TO hidden;
INSERT INTO hidden VALUES (8);
ALTER TABLE hidden RENAME TO orders;
ALTER TABLE orders RENAME note TO "Secret2";
INSERT INTO orders VALUES (9);
COMMIT;
SELECT * FROM events('table.exclude.list', '.*hidden', 'column.exclude.list', '.*Secret.*');

-- Include and exclude of one kind contradict each other.
\set VERBOSITY terse
SELECT * FROM events('table.include.list', 'a', 'table.exclude.list', 'b');
SELECT * FROM events('table.include.list', '(');

SELECT 'dropped' FROM pg_drop_replication_slot('filters');
DROP SCHEMA filters CASCADE;
