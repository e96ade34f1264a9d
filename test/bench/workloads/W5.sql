-- W5: updates of 13 columns with REPLICA IDENTITY FULL: each event has the row twice.
CREATE TABLE w5 (id bigint PRIMARY KEY, a int, b int, c bigint, d text, e text, f varchar(50), g numeric(12,2), h timestamp, i timestamptz,
	j bool, k float8, l date);
ALTER TABLE w5 REPLICA IDENTITY FULL;
INSERT INTO w5 SELECT i, i, i % 100, i * 1000, 'some text ' || i, repeat('more ', 5), 'name ' || i % 50, i * 0.99, now(), now(), i % 2 = 0, i / 8.0, date '2024-01-01' + i % 1000
	FROM generate_series(1, 1000) i;
-- STREAM
DO $$
BEGIN
	FOR t IN 1 .. current_setting('bench.transactions')::int LOOP
		UPDATE w5 SET a = a + 1, d = 'some text ' || t, g = g + 1, h = now() WHERE id BETWEEN t % 10 * 100 + 1 AND t % 10 * 100 + 100;
		COMMIT;
	END LOOP;
END $$;
