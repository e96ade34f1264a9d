-- Values invented for NOT NULL columns that the log does not hold, type by type.
-- variant base
-- variant schemas schemas.enable=true
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, a smallint NOT NULL, b bigint NOT NULL, c real NOT NULL, d double precision NOT NULL, e boolean NOT NULL, f text NOT NULL, g varchar(5) NOT NULL, h char(3) NOT NULL, i numeric(5,2) NOT NULL, j numeric NOT NULL, k money NOT NULL, l uuid NOT NULL, m json NOT NULL, n jsonb NOT NULL, o xml NOT NULL, p bytea NOT NULL, q bit NOT NULL, r bit(5) NOT NULL, s varbit NOT NULL, u mood NOT NULL, v inet NOT NULL, w macaddr NOT NULL, x oid NOT NULL, y name NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 1, 1, 1, 1, true, 'x', 'x', 'x', 1, 1, 1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{}', '{}', '<a/>', '\x01', B'1', B'11111', B'1', 'ok', '10.0.0.1', '08:00:2b:01:02:03', 1, 'n');
DELETE FROM t;
