-- uuid as value and key.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id uuid PRIMARY KEY, a uuid, b uuid NOT NULL);
-- STREAM
INSERT INTO t VALUES ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'), ('{b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', NULL, 'b0eebc999c0b4ef8bb6d6bb9bd380a11');
DELETE FROM t;
