-- W6: many transactions of a single row.
CREATE TABLE w6 (id bigint PRIMARY KEY, name text, amount numeric(10,2), at timestamptz);
-- STREAM
DO $$
BEGIN
	FOR t IN 1 .. current_setting('bench.transactions')::int LOOP
		INSERT INTO w6 VALUES (t, 'a name that is not long', t * 0.01, now());
		COMMIT;
	END LOOP;
END $$;
