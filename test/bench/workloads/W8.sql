-- W8: documents of 4 kB in jsonb and texts of 2 kB, inline and out of line.
CREATE TABLE w8 (id bigint PRIMARY KEY, doc jsonb, body text);
CREATE TEMPORARY TABLE words AS SELECT i, (SELECT string_agg(md5((i * 100 + j)::text), ' ') FROM generate_series(1, 60) j) AS text FROM generate_series(1, 200) i;
CREATE TEMPORARY TABLE docs AS SELECT i, (SELECT jsonb_object_agg('field_' || j, jsonb_build_object('id', i * j, 'name', substr(text, j * 20, 40), 'price', j * 1.5, 'tags', jsonb_build_array('red', 'green', j), 'ok', j % 2 = 0)) FROM generate_series(1, 36) j) AS doc, text FROM words;
-- STREAM
INSERT INTO w8 SELECT r * 1000 + i, doc, text FROM docs, generate_series(1, :rounds) r;
