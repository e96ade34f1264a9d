-- The same records whatever the form: one in a message, many in a message, in frames.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE SCHEMA formats;
SET search_path = formats, public;
CREATE FUNCTION unclock(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT regexp_replace($1, '("op":"."),"ts_ms":\d+(,"ts_us":\d+,"ts_ns":\d+)?', '\1')
$$;
-- all records, without what differs from one reading to the next
CREATE FUNCTION records(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (n bigint, record text) LANGUAGE sql AS $$
	SELECT row_number() OVER (ORDER BY m, o), unclock(l)
	FROM pg_logical_slot_peek_changes('formats', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, m),
		LATERAL string_to_table(data, E'\n') WITH ORDINALITY AS lines(l, o)
$$;
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT 'slot' FROM pg_create_logical_replication_slot('formats', 'cdc_json');
INSERT INTO t SELECT g, E'line\nbreak ' || repeat('x', g) FROM generate_series(1, 200) AS g;
BEGIN;
UPDATE t SET v = 'y' WHERE id % 10 = 0;
DELETE FROM t WHERE id < 4;
UPDATE t SET id = id + 1000 WHERE id = 5;
SELECT 'emitted' FROM pg_logical_emit_message(true, 'p', 'x');
COMMIT;
BEGIN;
SELECT 'emitted' FROM pg_logical_emit_message(false, 'p', 'x');
INSERT INTO t VALUES (1);
COMMIT;

-- One event in each message: no line is broken, and the last message of a transaction stands at its end.
SELECT count(*), count(*) FILTER (WHERE data ~ E'\n'), bool_and(data::json IS NOT NULL) FROM pg_logical_slot_peek_changes('formats', NULL, NULL);
SELECT count(DISTINCT lsn) FROM pg_logical_slot_peek_changes('formats', NULL, NULL, 'provide.transaction.metadata', 'true')
WHERE data::json->>'status' = 'END' AND split_part(data::json->>'id', ':', 2)::numeric = lsn - '0/0'::pg_lsn;

-- Batches: fewer messages, which hold whole records and one transaction each, no larger than asked for but by the last record.
SELECT o, f, count(*) < (SELECT count(*) FROM pg_logical_slot_peek_changes('formats', NULL, NULL, 'format', f)) AS fewer,
	bool_and(data !~ E'^\n|\n$|\n\n'), max(octet_length(data) - octet_length(substring(data from '[^\n]*$')) - 1) < o::int AS within
FROM unnest(ARRAY['value', 'record']) AS f, unnest(ARRAY['1000', '100000']) AS o, LATERAL pg_logical_slot_peek_changes('formats', NULL, NULL, 'format', f, 'batch.bytes', o)
GROUP BY 1, 2 ORDER BY 2, 1;
-- ... and in all the same records in the same order.
SELECT f, o, m, count(*), count(*) FILTER (WHERE a.record IS DISTINCT FROM b.record) AS different
FROM unnest(ARRAY['value', 'record']) AS f, unnest(ARRAY['1', '3000', '1000000']) AS o, unnest(ARRAY['false', 'true']) AS m,
	LATERAL (SELECT * FROM records('format', f, 'provide.transaction.metadata', m)) AS a
	FULL JOIN LATERAL (SELECT * FROM records('format', f, 'provide.transaction.metadata', m, 'batch.bytes', o)) AS b USING (n)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- A frame holds the same bytes: key, value, topic and headers of each record.
SELECT f.m, count(*), count(*) FILTER (WHERE r.record IS DISTINCT FROM f.record) AS different
FROM (SELECT m, row_number() OVER (PARTITION BY m ORDER BY o) AS n, unclock(concat('{"topic":', to_json(topic), ',"key":', coalesce(key, 'null'), ',"value":', coalesce(value, 'null'),
		',"headers":', headers, '}')) AS record
	FROM unnest(ARRAY['false', 'true']) AS m, LATERAL cdc_json.peek_events('formats', NULL, NULL, 'provide.transaction.metadata', m, 'position.header', 'true')
		WITH ORDINALITY AS e(lsn, commit_lsn, seq, part, xid, topic, key, value, headers, o)) AS f
	FULL JOIN (SELECT m, l.* FROM unnest(ARRAY['false', 'true']) AS m,
		LATERAL records('format', 'record', 'provide.transaction.metadata', m, 'position.header', 'true') AS l) AS r USING (m, n)
GROUP BY 1 ORDER BY 1;
-- Frames are binary; each says that it is one, whether it ends its transaction, and how many records it has.
SELECT b, count(*) AS frames, count(*) FILTER (WHERE get_byte(data, 2) = 1) AS ends, sum(get_byte(data, 6) * 256 + get_byte(data, 7)) AS records,
	bool_and(substr(data, 1, 2) = '\x4601')
FROM unnest(ARRAY['0', '10000000']) AS b, LATERAL pg_logical_slot_peek_binary_changes('formats', NULL, NULL, 'format', 'frame', 'batch.bytes', b) GROUP BY b ORDER BY b;
SELECT count(*), count(DISTINCT (r.commit_lsn, r.seq, r.part))
FROM pg_logical_slot_peek_binary_changes('formats', NULL, NULL, 'format', 'frame', 'batch.bytes', '10000000') AS c, LATERAL cdc_json.frame_records(c.data) AS r;
\set VERBOSITY terse
SELECT * FROM pg_logical_slot_peek_changes('formats', NULL, NULL, 'format', 'frame');

SELECT 'dropped' FROM pg_drop_replication_slot('formats');
DROP SCHEMA formats CASCADE;
