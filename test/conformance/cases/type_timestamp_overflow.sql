-- Timestamps whose microseconds exceed an int64: the connector's wrap.
-- variant base
-- variant schemas schemas.enable=true
-- variant micro time.precision.mode=microseconds
-- variant isostring time.precision.mode=isostring
-- variant connect time.precision.mode=connect
CREATE TABLE t (id int PRIMARY KEY, a timestamp, b timestamp NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '294247-01-10 04:00:54.775807', '294247-01-01 23:59:59.999999');
INSERT INTO t VALUES (2, '294276-12-31 23:59:59.999999', '2020-01-01');
