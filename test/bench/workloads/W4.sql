-- W4: wide rows: 12 columns of mixed types, with text that needs escapes and is not all ASCII.
CREATE TABLE w4 (id int PRIMARY KEY, title text, body text, path text, doc json, small smallint, ratio real, day date,
	moment timestamptz, flags bytea, ref uuid, price numeric(10,2));
-- STREAM
DO $$
BEGIN
	FOR t IN 0 .. current_setting('bench.transactions')::int - 1 LOOP
		INSERT INTO w4 SELECT t * 100 + i, 'A "quoted" title, number ' || i, E'first line\nsecond line\twith a tab\nthird "line"\n' || repeat('plain words ', 8),
			'C:\data\files\' || i || '\report.txt', json_build_object('text', 'he said "yes"', 'umlauts', 'Zürich, Köln, São Paulo', 'i', i),
			i % 100, i * 0.25, date '2024-01-01' + i, now(), decode(md5(i::text), 'hex'), md5(i::text)::uuid, i * 1.99
			FROM generate_series(1, 100) i;
		COMMIT;
	END LOOP;
END $$;
