-- Defaults, and null in columns that have one.
CREATE TABLE t (id int PRIMARY KEY, s smallint DEFAULT -2, i int NOT NULL DEFAULT 7, l bigint DEFAULT 9, r real DEFAULT 1.5, f double precision NOT NULL DEFAULT 0.1, b boolean DEFAULT true,
  t text DEFAULT 'a"b', tn text NOT NULL DEFAULT 'é', n numeric(5,2) DEFAULT 1.10, nn numeric(5,2) NOT NULL DEFAULT -0.01, by bytea DEFAULT '\x00ff41', d date DEFAULT '2024-01-01', ts timestamp(3) DEFAULT '2024-01-01',
  u uuid DEFAULT '00000000-0000-0000-0000-000000000001', now timestamptz DEFAULT now(), tn3 time(3) NOT NULL DEFAULT '01:00');
-- STREAM
INSERT INTO t (id) VALUES (1);
INSERT INTO t VALUES (2, NULL, 0, NULL, NULL, 0, NULL, NULL, '', NULL, 0, NULL, NULL, NULL, NULL, NULL);
