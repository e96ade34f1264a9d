-- Settings of the writing session do not reach the values.
CREATE TABLE t (id int PRIMARY KEY, a timestamptz, b interval, c bytea, d double precision, e date, f timestamp[], g tstzrange);
-- STREAM
SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, MDY'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'escape'; SET extra_float_digits = 0;
INSERT INTO t VALUES (1, '2020-04-01 13:51:02+02', '1 year 2 days', '\x00ff', 0.1234567890123456, '2020-04-01', '{2020-04-01 00:00}', '["2020-04-01 00:00+02",)');
