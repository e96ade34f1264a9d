-- What each option for the shape of the output does.
SET synchronous_commit = on;
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options_output', 'cdc_json');
CREATE TABLE options_t (id int PRIMARY KEY, n numeric(5,2), d text DEFAULT 'x');
BEGIN;
INSERT INTO options_t VALUES (1, 1.5, NULL);
UPDATE options_t SET n = 2.5;
DELETE FROM options_t;
COMMIT;
-- the records of that transaction, with some options
CREATE FUNCTION records(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (n bigint, r json) LANGUAGE sql AS $$
	SELECT row_number() OVER (), data::json
	FROM pg_logical_slot_peek_changes('options_output', NULL, NULL, VARIADIC ARRAY['format', 'record'] || options)
$$;
-- LSNs and times, which differ from run to run
CREATE FUNCTION masked(text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace($1, '("(?:ts_ms|ts_us|ts_ns|lsn|txId|id)":)[0-9]{3,}', '\10', 'g'), '(\[?\\?")(?:[0-9]{4,}(?::[0-9]{3,})?|[0-9]{3}:[0-9]{3,})', '\10', 'g')
$$;

-- format
SELECT regexp_replace(replace(masked(data), current_database(), 'DB'), '"version":"[^"]*', '"version":"V') FROM pg_logical_slot_peek_changes('options_output', NULL, NULL);
SELECT string_agg(m, ' ') FROM records(), LATERAL json_object_keys(r) AS m GROUP BY n ORDER BY n;
SELECT r->'value'->>'op', r->>'key', r->>'headers' FROM records();
SELECT data FROM pg_logical_slot_peek_changes('options_output', NULL, NULL, 'format', 'frame');
SELECT count(*), min(length(data)) > 100 FROM pg_logical_slot_peek_binary_changes('options_output', NULL, NULL, 'format', 'frame');

-- batch.bytes: messages, and the lines in them
CREATE FUNCTION lines(VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(array_length(string_to_array(rtrim(data, E'\n'), E'\n'), 1)::text, ' ')
	FROM pg_logical_slot_peek_changes('options_output', NULL, NULL, VARIADIC options)
$$;
SELECT lines('batch.bytes', '0'), lines('batch.bytes', '1'), lines('batch.bytes', '700'), lines('batch.bytes', '100000');
SELECT lines('batch.bytes', '100000', 'format', 'record', 'provide.transaction.metadata', 'true');

-- position.header
SELECT regexp_replace(r->'headers'->>'__cdc_json.position', '^[0-9a-f]{16}', 'LSN') FROM records('position.header', 'true');

-- schemas.enable: for both, for one, and the precise form wins
SELECT json_object_keys(r->'key'), json_object_keys(r->'value') FROM records('schemas.enable', 'true') WHERE n = 1;
SELECT r->>'key', json_object_keys(r->'value') FROM records('value.converter.schemas.enable', 'true') WHERE n = 1;
SELECT json_object_keys(r->'key'), r->'value'->>'op' FROM records('schemas.enable', 'true', 'value.converter.schemas.enable', 'false') WHERE n = 1;

-- decimal.format
SELECT o, r->'value'->'after'->'n' FROM unnest(ARRAY['base64', 'numeric']) AS o, LATERAL records('decimal.format', o) WHERE n = 1;
SELECT r->'value'->'after'->'n' FROM records('key.converter.decimal.format', 'numeric') WHERE n = 1;

-- replace.null.with.default
SELECT o, r->'value'->'after'->'d' FROM unnest(ARRAY['false', 'true']) AS o, LATERAL records('replace.null.with.default', o) WHERE n = 1;
SELECT r->'value'->'after'->'d' FROM records('key.converter.replace.null.with.default', 'true') WHERE n = 1;

-- tombstones.on.delete
SELECT o, count(*), count(*) FILTER (WHERE json_typeof(r->'value') = 'null')
FROM unnest(ARRAY['false', 'true']) AS o, LATERAL records('tombstones.on.delete', o) GROUP BY 1 ORDER BY 1;

-- extended.headers.enabled: with the tombstone, too
SELECT n, h.key, CASE WHEN h.key ~ 'runId' THEN '(UUID)' ELSE h.value END
FROM records('extended.headers.enabled', 'true', 'topic.prefix', 'app'), LATERAL json_each_text(r->'headers') AS h WHERE n IN (1, 4);

-- provide.transaction.metadata
SELECT r->>'topic', masked(r->>'key'), masked(CASE WHEN r->'value'->>'op' IS NULL THEN r->>'value' ELSE r->'value'->>'transaction' END)
FROM records('provide.transaction.metadata', 'true', 'topic.prefix', 'app');

-- debezium.quirks: other defaults, but what is given wins
SELECT json_object_keys(r->'headers') FROM records('debezium.quirks', 'true') WHERE n = 1;
SELECT r->'value'->'after'->'d', r->'value'->'source'->'snapshot', r->>'topic' = current_database() || '.public.options_t' FROM records('debezium.quirks', 'true') WHERE n = 1;
SELECT r->>'headers', r->'value'->'after'->'d', r->'value'->'source'->'snapshot'
FROM records('debezium.quirks', 'true', 'extended.headers.enabled', 'false', 'replace.null.with.default', 'false') WHERE n = 1;
SELECT r->'value'->'source'->'snapshot' FROM records('replace.null.with.default', 'false') WHERE n = 1;

DROP FUNCTION records(text[]), lines(text[]), masked(text);
DROP TABLE options_t;
SELECT 'dropped' FROM pg_drop_replication_slot('options_output');
