-- W3: one large transaction of inserts with uuid, jsonb and numeric.
CREATE TABLE w3 (id bigint PRIMARY KEY, ref uuid, doc jsonb, price numeric, amount numeric(18,4), at timestamp);
-- STREAM
INSERT INTO w3 SELECT i, md5(i::text)::uuid, jsonb_build_object('name', 'item ' || i, 'tags', jsonb_build_array('a', 'b', i % 10), 'n', i, 'ok', i % 3 = 0),
	i * 0.37, i * 1.0001, timestamp '2024-01-01' + i * interval '1.5 seconds'
	FROM generate_series(1, :rows) i;
