-- The six range types: bounds, empty, unbounded, infinite.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a int4range, b int8range, c numrange, d tsrange, e tstzrange, f daterange, g int4range NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '[1,10)', '(5,9223372036854775807)', '(1.50,2.0]', '[2019-03-31 15:30:00, infinity)', '[2017-06-05 11:29:12.549426+00,)', '[2019-03-31, infinity)', 'empty'), (2, NULL, NULL, NULL, NULL, NULL, NULL, '(,)'), (3, '(,5]', 'empty', '[,]', '(,"2020-01-01 00:00:00.5"]', '["0044-03-15 00:00+00 BC",)', '(,)', '[1,1]');
