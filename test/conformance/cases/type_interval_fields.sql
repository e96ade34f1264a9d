-- interval with fields and precision: year to month, day, second(2).
-- variant base
-- variant string interval.handling.mode=string
CREATE TABLE t (id int PRIMARY KEY, a interval year to month, b interval day, c interval second(2), d interval(0));
-- STREAM
INSERT INTO t SELECT 1, x, x, x, x FROM (VALUES (interval '1 year 2 mons 3 days 04:05:06.789')) v(x);
INSERT INTO t SELECT 2, x, x, x, x FROM (VALUES (interval '-5 mons 3 days -04:05:06.785')) v(x);
