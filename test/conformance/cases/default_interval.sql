-- Defaults of intervals.
-- variant base
-- variant schemas schemas.enable=true
-- variant string interval.handling.mode=string schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a interval DEFAULT '1 hour', b interval DEFAULT make_interval(hours => 1), c interval DEFAULT '1 year 2 mons 3 days 04:05:06.789');
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL);
