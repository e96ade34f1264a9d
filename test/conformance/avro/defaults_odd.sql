-- Defaults that need escapes, exponents or the smallest bytes.
CREATE TABLE t (id int PRIMARY KEY, f double precision DEFAULT 'NaN', g double precision DEFAULT 1e10, r real DEFAULT 1e-7, h real DEFAULT 0.1, c text DEFAULT E'\x01\t\\/"é😀', n numeric(5,2) DEFAULT -1.00, z numeric(3,0) NOT NULL DEFAULT 0, big bigint DEFAULT 9223372036854775807, m money DEFAULT 1.5, e bytea NOT NULL DEFAULT '\x00');
-- STREAM
INSERT INTO t (id) VALUES (1);
INSERT INTO t VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, '');
