-- Defaults of dates and times in every time.precision.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect schemas.enable=true
-- variant micro time.precision.mode=microseconds schemas.enable=true
-- variant nano time.precision.mode=nanoseconds schemas.enable=true
-- variant isostring time.precision.mode=isostring schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a date DEFAULT '2021-03-19', b date DEFAULT CURRENT_DATE, c time DEFAULT '12:34:56.789', d time DEFAULT CURRENT_TIME, e time(3) DEFAULT '12:34:56.789', f timetz DEFAULT '12:00+01', g time DEFAULT '24:00', h date DEFAULT 'infinity');
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
