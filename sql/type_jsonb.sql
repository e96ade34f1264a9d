-- jsonb is printed from its binary form: the same bytes as the server's output
SET synchronous_commit = on;
CREATE TABLE t_jsonb (id serial PRIMARY KEY, j jsonb, js jsonb[]);
SELECT 'init' FROM pg_create_logical_replication_slot('type_jsonb', 'cdc_json');
INSERT INTO t_jsonb (j) VALUES
	('null'), ('true'), ('false'), ('1'), ('-1.50'), ('1e3'), ('1e-10'), ('"text"'), ('""'), ('[]'), ('{}'),
	('[[], {}, [[]], {"a": {}}]'), ('{"a": null, "b": [1, 2.0, "x", true, false, null], "c": {"d": {"e": []}}}'),
	('{"": "", "\"": "\\", "\u0001\u001f\b\f\n\r\t/": "é😀\u2028"}'), ('{"b": 1, "a": 2, "aa": 3, "a": 4}'), (NULL);
INSERT INTO t_jsonb (js) VALUES (ARRAY['{"a": 1}', NULL, '[1, "x"]', '"y"']::jsonb[]);
-- long strings, many members, deep nesting
INSERT INTO t_jsonb (j) SELECT to_jsonb(repeat('long "text" \ ' || chr(10) || 'é', n)) FROM unnest(ARRAY[40, 85, 1000, 20000]) AS n;
INSERT INTO t_jsonb (j) SELECT jsonb_object_agg('key ' || i, jsonb_build_array(i, i::text, i % 2 = 0, NULL, i / 3.0)) FROM generate_series(1, 500) AS i;
INSERT INTO t_jsonb (j) SELECT (repeat('[', 1000) || repeat(']', 1000))::jsonb;
-- small on disk, long in text
INSERT INTO t_jsonb (j) SELECT jsonb_build_array(1e1000::numeric, '1e-1000'::numeric, -1.5e999::numeric);
-- documents of every shape
SELECT setseed(0.25);
INSERT INTO t_jsonb (j)
	SELECT jsonb_object_agg(left(md5(random()::text), (random() * 12)::int), CASE (random() * 5)::int
		WHEN 0 THEN to_jsonb((random() * 1e6)::numeric(20, 6)) WHEN 1 THEN to_jsonb(chr(1 + (random() * 1000)::int) || md5(random()::text))
		WHEN 2 THEN jsonb_build_array(random() < 0.5, NULL, random()) WHEN 3 THEN jsonb_build_object('k', random()::text)
		WHEN 4 THEN 'null' ELSE '{"nested": {"deeper": [1, {"x": "y"}]}}' END)
	FROM generate_series(1, 20000) AS i GROUP BY i % 4000;

-- what came out, read back as text, is what the server prints
CREATE TEMP TABLE seen AS
	SELECT (data::json->'after'->>'id')::int AS id, data::json->'after'->>'j' AS j
	FROM pg_logical_slot_get_changes('type_jsonb', NULL, NULL) WHERE data::json->>'op' = 'c';
SELECT count(*) AS rows, count(*) FILTER (WHERE seen.j IS DISTINCT FROM t.j::text) AS different
FROM t_jsonb AS t LEFT JOIN seen USING (id);

-- some of it, verbatim
INSERT INTO t_jsonb (j, js) VALUES ('{"\"": "\\", "\u0001\n": "é"}', ARRAY['{"a": [1, "\t"]}', NULL]::jsonb[]);
SELECT substring(data from '"after":(.*),"source"') AS after FROM pg_logical_slot_get_changes('type_jsonb', NULL, NULL);
DROP TABLE t_jsonb;
SELECT 'stop' FROM pg_drop_replication_slot('type_jsonb');
