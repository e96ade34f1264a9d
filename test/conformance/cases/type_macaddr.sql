-- macaddr and macaddr8.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id macaddr PRIMARY KEY, a macaddr, b macaddr8, c macaddr8 NOT NULL);
-- STREAM
INSERT INTO t VALUES ('08:00:2b:01:02:03', '08-00-2B-01-02-03', '08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03'), ('00:00:00:00:00:00', NULL, NULL, 'ff:ff:ff:ff:ff:ff:ff:ff');
DELETE FROM t;
