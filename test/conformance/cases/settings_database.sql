-- Settings of the database do not reach the values.
CREATE TABLE t (id int PRIMARY KEY, a timestamptz, b interval, c bytea, d double precision, e date, f money, g xml);
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = ''German, DMY''', current_database()); EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database()); EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database()); EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -5', current_database()); END $$;
-- STREAM
INSERT INTO t VALUES (1, '2020-04-01 13:51:02+02', '1 year 2 days', '\x00ff', 0.1234567890123456, '2020-04-01', 1234.5, '<a/>');
