-- What each option that leaves something out does.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options_filters', 'cdc_json');
CREATE SCHEMA filters_a;
CREATE SCHEMA "Filters.b";
CREATE TABLE filters_a.t (id int PRIMARY KEY, secret text, note text);
CREATE TABLE filters_a.u (id int PRIMARY KEY);
CREATE TABLE "Filters.b"."T" (id int PRIMARY KEY);
CREATE TABLE filters_a.spatial_ref_sys (id int PRIMARY KEY);
CREATE TABLE filters_a.p (id int PRIMARY KEY, x int) PARTITION BY RANGE (id);
CREATE TABLE filters_a.p_one PARTITION OF filters_a.p FOR VALUES FROM (0) TO (10);
INSERT INTO filters_a.t VALUES (1, 's', 'n');
INSERT INTO filters_a.u VALUES (1);
INSERT INTO "Filters.b"."T" VALUES (1);
INSERT INTO filters_a.spatial_ref_sys VALUES (1);
INSERT INTO filters_a.p VALUES (1, 2);
-- tables of which there are events
CREATE FUNCTION tables(VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws('.', data::json->'source'->>'schema', data::json->'source'->>'table'), ' ' ORDER BY n)
	FROM pg_logical_slot_peek_changes('options_filters', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n)
$$;
CREATE FUNCTION columns(VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT data::json->>'key' || ' ' || (data::json->'value'->>'after')
	FROM pg_logical_slot_peek_changes('options_filters', NULL, NULL, VARIADIC ARRAY['format', 'record'] || options) LIMIT 1
$$;

SELECT tables();
SELECT o, tables('schema.include.list', o) FROM unnest(ARRAY['filters_a', 'FILTERS_.', 'filters\.b', 'filters', '.*b,nope']) AS o;
SELECT o, tables('schema.exclude.list', o) FROM unnest(ARRAY['filters_a', 'filters', '.*']) AS o;
SELECT o, tables('table.include.list', o) FROM unnest(ARRAY['filters_a\.t', 'filters_a\.[tu]', '.*\.t', 't', '(?!filters_a\.).*']) AS o;
SELECT o, tables('table.exclude.list', o) FROM unnest(ARRAY['filters_a\.t', '.*\.t,.*\.u', 't']) AS o;
-- both levels
SELECT tables('schema.include.list', 'filters_a', 'table.exclude.list', '.*\.t');
SELECT o, tables('table.ignore.builtin', o) FROM unnest(ARRAY['true', 'false']) AS o;
SELECT o, tables('table.include.list', '.*\.p.*', 'publish.via.partition.root', o) FROM unnest(ARRAY['true', 'false']) AS o;

-- columns: the value only
SELECT o, columns('column.include.list', o) FROM unnest(ARRAY['filters_a\.t\.(id|note)', '.*note', 'note']) AS o;
SELECT o, columns('column.exclude.list', o) FROM unnest(ARRAY['filters_a\.t\.SECRET', '.*\.t\.id', '.*', 'secret']) AS o;
SELECT 'forward' FROM pg_replication_slot_advance('options_filters', pg_current_wal_lsn());

-- operations
CREATE FUNCTION operations(VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce(data::json->'value'->>'op', 'tombstone'), ' ' ORDER BY n)
	FROM pg_logical_slot_peek_changes('options_filters', NULL, NULL, VARIADIC ARRAY['format', 'record'] || options) WITH ORDINALITY AS s(lsn, xid, data, n)
$$;
INSERT INTO filters_a.u VALUES (2);
UPDATE filters_a.t SET note = 'm';
UPDATE filters_a.u SET id = 3 WHERE id = 2;
DELETE FROM filters_a.t;
TRUNCATE filters_a.u;
SELECT operations();
SELECT o, operations('skipped.operations', o) FROM unnest(ARRAY['none', 't', 'c', 'u', 'd', 'c, u,d', 'd,t,u,c']) AS o;
SELECT 'forward' FROM pg_replication_slot_advance('options_filters', pg_current_wal_lsn());

-- updates without change, of the columns that are sent
ALTER TABLE filters_a.t REPLICA IDENTITY FULL;
INSERT INTO filters_a.t VALUES (4, 's', 'n');
UPDATE filters_a.t SET note = 'n';
UPDATE filters_a.t SET secret = 'r';
SELECT o, operations('skip.messages.without.change', o), operations('skip.messages.without.change', o, 'column.exclude.list', '.*secret')
FROM unnest(ARRAY['false', 'true']) AS o;
SELECT 'forward' FROM pg_replication_slot_advance('options_filters', pg_current_wal_lsn());

-- deletes that do not say which row
CREATE TABLE filters_a.w (id int);
INSERT INTO filters_a.w VALUES (1);
DELETE FROM filters_a.w;
SELECT o, operations('delete.without.identity', o) FROM unnest(ARRAY['emit', 'skip']) AS o;
SELECT 'forward' FROM pg_replication_slot_advance('options_filters', pg_current_wal_lsn());

-- changes of another node
SELECT 'origin' FROM pg_replication_origin_create('filters_origin') AS o WHERE o IS NOT NULL;
INSERT INTO filters_a.t VALUES (5);
SELECT 'as origin' FROM pg_replication_origin_session_setup('filters_origin');
INSERT INTO filters_a.u VALUES (5);
SELECT 'as ourselves' FROM pg_replication_origin_session_reset();
SELECT o, tables('origin', o) FROM unnest(ARRAY['any', 'none']) AS o;
SELECT 'dropped' FROM pg_replication_origin_drop('filters_origin');
SELECT 'forward' FROM pg_replication_slot_advance('options_filters', pg_current_wal_lsn());

-- logical messages
CREATE FUNCTION prefixes(VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(data::json->'message'->>'prefix', ' ' ORDER BY n)
	FROM pg_logical_slot_peek_changes('options_filters', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n)
$$;
SELECT count(pg_logical_emit_message(true, p, 'x')) FROM unnest(ARRAY['foo', 'Bar', 'foo.bar', 'a,b']) AS p;
SELECT count(pg_logical_emit_message(false, 'foo', 'x'));
SELECT prefixes();
SELECT o, prefixes('message.prefix.include.list', o) FROM unnest(ARRAY['foo', 'BAR', 'foo.*', 'a\,b', 'a,b']) AS o;
SELECT o, prefixes('message.prefix.exclude.list', o) FROM unnest(ARRAY['foo', 'foo.*,bar']) AS o;
-- very long ones are looked at as far as 8 kB
SELECT 'forward' FROM pg_replication_slot_advance('options_filters', pg_current_wal_lsn());
SELECT count(pg_logical_emit_message(true, repeat('long', 1000000), 'x'));
SELECT o, length(prefixes('message.prefix.include.list', o)) FROM unnest(ARRAY['(long)*', 'long.*', 'short.*']) AS o;

SELECT 'dropped' FROM pg_drop_replication_slot('options_filters');
DROP FUNCTION tables(text[]), columns(text[]), operations(text[]), prefixes(text[]);
DROP SCHEMA filters_a, "Filters.b" CASCADE;
