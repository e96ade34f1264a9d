-- A key of several types.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (m numeric(5,2), n numeric, u uuid, ts timestamptz, d date, b bytea, PRIMARY KEY (m, n, u, ts, d, b));
-- STREAM
INSERT INTO t VALUES (1.5, 2.50, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2020-01-01 00:00+00', '2020-01-01', '\x00ff');
UPDATE t SET d = '2020-01-02';
DELETE FROM t;
