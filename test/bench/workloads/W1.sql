-- W1: transactions of 100 inserts, 60 updates and 40 deletes; 8 columns, about 230 bytes a row.
CREATE TABLE w1 (id bigint PRIMARY KEY, customer int NOT NULL, amount numeric(12,2), created timestamptz DEFAULT now(),
	status text, note varchar(200), active bool, score float8);
INSERT INTO w1 SELECT i, i % 1000, i * 1.25, now(), 'status ' || i % 7, repeat('note text ', 15), i % 2 = 0, i * 0.5
	FROM generate_series(1, :transactions * 100) i;
-- STREAM
DO $$
BEGIN
	FOR t IN 0 .. current_setting('bench.transactions')::int - 1 LOOP
		INSERT INTO w1 SELECT 100000000 + t * 100 + i, i, i * 1.25, now(), 'status ' || i % 7, repeat('note text ', 15), i % 2 = 0, i * 0.5
			FROM generate_series(1, 100) i;
		UPDATE w1 SET amount = amount + 1, status = 'updated' WHERE id BETWEEN t * 100 + 1 AND t * 100 + 60;
		DELETE FROM w1 WHERE id BETWEEN t * 100 + 61 AND t * 100 + 100;
		COMMIT;
	END LOOP;
END $$;
