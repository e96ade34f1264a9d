-- pg_logical_emit_message: prefixes, contents, within transactions and outside.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA messages;
SET search_path = messages, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', data::json->>'topic', data::json->'key', data::json->'value'->>'op', data::json->'value'->'message',
		data::json->'value'->'after', CASE WHEN data::json->'value'->'source'->>'txId' IS NULL THEN 'outside' ELSE 'inside' END,
		substr(data::json->'headers'->>'__cdc_json.position', 18))
	FROM pg_logical_slot_peek_changes('messages', NULL, NULL,
		VARIADIC ARRAY['format', 'record', 'position.header', 'true', 'topic.prefix', 'srv'] || options)
$$;
CREATE PROCEDURE emit(transactional boolean, prefix text, content text) LANGUAGE sql AS $$
	SELECT pg_logical_emit_message(transactional, prefix, content)
$$;
-- A message outside transactions is not flushed to disk by itself, and only what is on disk is decoded.
CREATE PROCEDURE flush() LANGUAGE sql AS $$ SELECT pg_logical_emit_message(true, 'cdc_json.flush', '') $$;
CREATE TABLE t (id int PRIMARY KEY);
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('messages', pg_current_wal_lsn());
END $$;
SELECT 'slot' FROM pg_create_logical_replication_slot('messages', 'cdc_json');

-- One outside comes when it is met: before all of the transaction that it was emitted in, and though that rolls back.
CALL emit(false, 'foo', 'first');
CALL emit(true, 'foo', 'bar');
CALL emit(true, '', '');
BEGIN;
CALL emit(true, 'foo', 'one');
INSERT INTO t VALUES (1);
CALL emit(false, 'foo', 'outside');
CALL emit(true, 'žš "q"', '日本');
INSERT INTO t VALUES (2);
COMMIT;
BEGIN;
CALL emit(false, 'foo', 'rolled back');
CALL emit(true, 'foo', 'gone');
ROLLBACK;
CALL flush();
SELECT * FROM events();

-- The topic has a literal dot, whatever the delimiter.
SELECT DISTINCT data::json->>'topic' FROM pg_logical_slot_peek_changes('messages', NULL, NULL, 'format', 'record', 'topic.prefix', 'srv', 'topic.delimiter', '-');

-- Prefixes: whole, whatever their case.
SELECT o, count(e) FROM unnest(ARRAY['foo', 'FO.*', 'fo', '.*', 'nope']) AS o LEFT JOIN LATERAL events('message.prefix.include.list', o) AS e ON e ~ ' m ' GROUP BY o ORDER BY o;
SELECT o, count(e) FROM unnest(ARRAY['foo', 'FO.*', 'fo', '.*', 'nope']) AS o LEFT JOIN LATERAL events('message.prefix.exclude.list', o) AS e ON e ~ ' m ' GROUP BY o ORDER BY o;

-- A message outside moves "sequence" to itself, for itself and for what follows; others keep the last commit.
SELECT data::json->'message'->>'content', (ARRAY['older', 'itself', 'newer'])[sign((s->>0)::numeric - (s->>1)::numeric) + 2]
FROM pg_logical_slot_peek_changes('messages', NULL, NULL), LATERAL (SELECT (data::json->'source'->>'sequence')::json) AS q(s);
-- It shows the time of the transaction before it, or else the clock.
SELECT convert_from(decode(data::json->'message'->>'content', 'base64'), 'UTF8'), data::json->'source'->'ts_us' #>> '{}' = lag(data::json->'source'->'ts_us' #>> '{}') OVER (ORDER BY n)
FROM pg_logical_slot_peek_changes('messages', NULL, NULL) WITH ORDINALITY AS s(lsn, xid, data, n) WHERE data::json->'source'->>'txId' IS NULL OR n = 3;
CALL forget();

-- Any bytes, in each way to show them.
SELECT 'emitted' FROM pg_logical_emit_message(true, 'b', '\x00ff10fbef'::bytea);
SELECT o, data::json->'message'->'content' FROM unnest(ARRAY['bytes', 'base64', 'base64-url-safe', 'hex']) AS o,
	LATERAL pg_logical_slot_peek_changes('messages', NULL, NULL, 'binary.handling.mode', o);
SELECT o, data::json #> '{schema,fields,4,fields,1}' FROM unnest(ARRAY['bytes', 'base64', 'base64-url-safe', 'hex']) AS o,
	LATERAL pg_logical_slot_peek_changes('messages', NULL, NULL, 'binary.handling.mode', o, 'schemas.enable', 'true');

-- Our own prefixes are no events, no transactions, and count nothing but a number of the transaction.
CALL emit(true, 'cdc_json.outbox', 'x');
CALL emit(false, 'cdc_json.heartbeat', 'x');
CALL flush();
CALL emit(true, 'CDC_JSON.own', 'x');
CALL emit(true, 'cdc_json', 'x');
BEGIN;
CALL emit(true, 'cdc_json.context', 'x');
INSERT INTO t VALUES (3);
COMMIT;
SELECT * FROM events();
SELECT count(*) FROM events('provide.transaction.metadata', 'true');

-- Extended headers are not for messages.
SELECT data::json->'headers' FROM pg_logical_slot_peek_changes('messages', NULL, NULL, 'format', 'record', 'extended.headers.enabled', 'true') LIMIT 1;

-- Before any commit, each message outside transactions has the time at which it is read.
SELECT 'init' FROM pg_create_logical_replication_slot('messages_clock', 'cdc_json');
SELECT count(pg_logical_emit_message(false, prefix, '')) FROM unnest(ARRAY['one', 'two']) AS prefix;
CALL flush();
SELECT count(*) AS messages, count(DISTINCT data::json->'source'->>'ts_ns') AS times
FROM pg_logical_slot_get_changes('messages_clock', NULL, NULL) WHERE data::json->'message'->>'prefix' IN ('one', 'two');
SELECT 'stop' FROM pg_drop_replication_slot('messages_clock');

SELECT 'dropped' FROM pg_drop_replication_slot('messages');
DROP SCHEMA messages CASCADE;
