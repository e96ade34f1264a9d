-- W7: 1,000 tables; a transaction inserts one row into each of 100 of them.
DO $$
BEGIN
	FOR t IN 0 .. 999 LOOP
		EXECUTE format('CREATE TABLE w7_%s (id bigint PRIMARY KEY, customer int, name text, amount numeric(10,2), at timestamptz, note varchar(100))', t);
		IF t % 100 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END $$;
-- STREAM
DO $$
BEGIN
	FOR t IN 0 .. current_setting('bench.transactions')::int - 1 LOOP
		FOR i IN 0 .. 99 LOOP
			EXECUTE format('INSERT INTO w7_%s VALUES ($1, $2, ''a customer'', 12.34, now(), ''a note of a few words'')', (t * 100 + i) % 1000) USING t, i;
		END LOOP;
		COMMIT;
	END LOOP;
END $$;
