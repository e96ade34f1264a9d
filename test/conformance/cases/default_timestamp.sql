-- Defaults of timestamps in every time.precision.mode.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect schemas.enable=true
-- variant micro time.precision.mode=microseconds schemas.enable=true
-- variant nano time.precision.mode=nanoseconds schemas.enable=true
-- variant isostring time.precision.mode=isostring schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a timestamp DEFAULT '2021-03-20 14:44:28.123456', b timestamp DEFAULT CURRENT_TIMESTAMP, c timestamp DEFAULT now(), d timestamp(3) DEFAULT '2021-03-20 14:44:28.123', e timestamp DEFAULT LOCALTIMESTAMP, f timestamptz DEFAULT '2021-03-20 14:44:28+01', g timestamptz DEFAULT now(), h timestamptz(3) DEFAULT CURRENT_TIMESTAMP, i timestamptz DEFAULT timezone('utc', now()));
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
