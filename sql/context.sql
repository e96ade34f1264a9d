-- Who did it: headers that a session gives to the records of its transaction; and who may call the functions.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE SCHEMA context;
SET search_path = context, public;
CREATE FUNCTION headers(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', substring(data, '^\{"topic":"([^"]*)"'), data::json->>'headers')
	FROM pg_logical_slot_peek_changes('context', NULL, NULL, VARIADIC ARRAY['format', 'record', 'topic.prefix', 'srv'] || options)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('context', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT 'slot' FROM pg_create_logical_replication_slot('context', 'cdc_json');

-- Every record after it has the headers, of whatever kind; BEGIN and END are no one's doing.
BEGIN;
INSERT INTO t VALUES (0, 'before');
SELECT 'set' FROM cdc_json.set_context('{"actor": "alice", "request": "4711"}');
INSERT INTO t VALUES (1, 'after');
DELETE FROM t WHERE id = 1;
SELECT 'message' FROM pg_logical_emit_message(true, 'note', 'x');
SELECT 'event' FROM cdc_json.emit('order', '1', 'T', '1', '{"h": "v"}');
TRUNCATE t;
COMMIT;
INSERT INTO t VALUES (2, 'in the next transaction');
SELECT regexp_replace(headers, '"id":"[^"]*"', '"id":"U"') FROM headers('provide.transaction.metadata', 'true', 'extended.headers.enabled', 'false');
-- with other headers, another prefix, and through get_events
SELECT regexp_replace(headers, 'runId":"[^"]*"', 'runId":"R"') FROM headers('extended.headers.enabled', 'true', 'context.headers.prefix', 'x-') OFFSET 1 LIMIT 1;
SELECT regexp_replace(headers, 'position":"[^"]*"', 'position":"P"') FROM headers('position.header', 'true', 'context.headers.prefix', '') OFFSET 1 LIMIT 1;
SELECT key, headers FROM cdc_json.peek_events('context', NULL, NULL) WHERE headers::text ~ 'actor' LIMIT 1;
-- the value is what it was
SELECT count(*) FROM pg_logical_slot_peek_changes('context', NULL, NULL) WHERE data ~ 'actor';
-- the message itself makes no event and counts nowhere
SELECT data::json->>'event_count' FROM pg_logical_slot_peek_changes('context', NULL, NULL, 'provide.transaction.metadata', 'true') WHERE data ~ '"END"';
CALL forget();

-- What a name says first stands.
BEGIN;
SELECT 'set' FROM cdc_json.set_context('{"op": "forged", "id": "forged", "actor": "alice"}');
INSERT INTO t VALUES (10);
SELECT 'event' FROM cdc_json.emit('order', '1', 'T', '1', '{"actor": "first"}');
COMMIT;
SELECT regexp_replace(headers, '"id":"[0-9a-f-]{36}"', '"id":"U"') FROM headers('context.headers.prefix', '', 'unwrap', 'true', 'add.headers', 'op', 'add.headers.prefix', '');
CALL forget();

-- Values of all kinds; a second call takes the place of the first; rolled back, it was never made.
BEGIN;
SELECT 'set' FROM cdc_json.set_context('{"n": 1.50, "yes": true, "none": null, "o": {"a": [1]}, "list": [1, "x"], "text": "\"ž\"\n"}');
INSERT INTO t VALUES (3);
SELECT 'set' FROM cdc_json.set_context('{"actor": "bob"}');
INSERT INTO t VALUES (4);
SAVEPOINT s;
SELECT 'set' FROM cdc_json.set_context('{"actor": "carol"}');
ROLLBACK TO s;
INSERT INTO t VALUES (5);
SELECT 'set' FROM cdc_json.set_context('{}');
INSERT INTO t VALUES (6);
COMMIT;
SELECT * FROM headers();
SELECT headers FROM cdc_json.peek_events('context', NULL, NULL);
CALL forget();

-- By hand and malformed: no headers, and not those of before.
BEGIN;
SELECT 'set' FROM cdc_json.set_context('{"actor": "alice"}');
SELECT 'hand' FROM pg_logical_emit_message(true, 'cdc_json.context', 'actor=mallory');
INSERT INTO t VALUES (7);
SELECT 'hand' FROM pg_logical_emit_message(true, 'cdc_json.context', '{"actor":"mallory"}');
INSERT INTO t VALUES (8);
SELECT count(pg_logical_emit_message(true, 'cdc_json.context', m)) FROM unnest(ARRAY['', '[]', '1', '{"a":1', '{"":1}', '{"a":"\u0000"}', '{"' || repeat('a', 200) || '":1}',
	'{"a":"' || repeat('a', 9000) || '"}', (SELECT jsonb_object_agg(g, g)::text FROM generate_series(1, 33) AS g)]) AS m;
INSERT INTO t VALUES (9);
SELECT 'outside' FROM pg_logical_emit_message(false, 'cdc_json.context', '{"actor":"mallory"}');
COMMIT;
SELECT * FROM headers();
CALL forget();

-- Wrong arguments.
SELECT cdc_json.set_context(NULL) IS NULL;
SELECT cdc_json.set_context('[]');
\echo :SQLSTATE
SELECT cdc_json.set_context('{"": 1}');
SELECT cdc_json.set_context((SELECT jsonb_object_agg(g, g) FROM generate_series(1, 33) AS g));
SELECT cdc_json.set_context(jsonb_build_object('a', repeat('x', 8200)));
SELECT 'most' FROM cdc_json.set_context((SELECT jsonb_object_agg(rpad(g::text, 128, 'x'), g) FROM generate_series(1, 32) AS g));

-- Rights: nobody has them unasked, and they need no other.
CREATE ROLE context_user;
GRANT USAGE ON SCHEMA context TO context_user;
GRANT INSERT ON t TO context_user;
BEGIN;
-- (their arguments are not the same on all servers)
DO $$ DECLARE f regprocedure; BEGIN
	FOR f IN SELECT oid FROM pg_proc WHERE proname = 'pg_logical_emit_message' LOOP
		EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
	END LOOP;
END $$;
SET LOCAL ROLE context_user;
SAVEPOINT s;
SELECT cdc_json.set_context('{"actor": "alice"}');
ROLLBACK TO s;
SELECT cdc_json.emit('a', '1', 'T', '1');
ROLLBACK TO s;
RESET ROLE;
GRANT EXECUTE ON FUNCTION cdc_json.emit, cdc_json.set_context TO context_user;
SET LOCAL ROLE context_user;
SELECT DISTINCT has_function_privilege(oid, 'EXECUTE') FROM pg_proc WHERE proname = 'pg_logical_emit_message';
SELECT 'set' FROM cdc_json.set_context('{"actor": "alice"}');
SELECT 'emitted' FROM cdc_json.emit('a', '1', 'T', '1');
ROLLBACK;
DROP OWNED BY context_user;
DROP ROLE context_user;

SELECT pg_drop_replication_slot('context');
DROP SCHEMA context CASCADE;
