-- Flattened rows: types of all kinds, as rows, as added fields and as headers.
-- set transforms=unwrap
-- set transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
-- set transforms.unwrap.delete.tombstone.handling.mode=rewrite
-- variant base
-- variant schemas schemas.enable=true
-- variant fields transforms.unwrap.add.fields=after.i,after.n,after.d,after.b,after.j,after.u,after.ts,after.y schemas.enable=true
-- variant headers transforms.unwrap.add.headers=after.i,after.n,after.d,after.b,after.j,after.u,after.ts,after.y,after.a
CREATE TABLE t (id integer PRIMARY KEY, i bigint, n numeric(10,3), d double precision, b bytea, j jsonb, u uuid, ts timestamp, tz timestamptz, y boolean, a integer[], p point);
-- STREAM
INSERT INTO t VALUES (1, 9007199254740993, 12.345, 1e10, '\x00ff', '{"a": [1, "x"]}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2020-02-29 12:34:56.789012', '2020-02-29 12:34:56.789012+01', true, '{1,NULL,3}', '(1,2)');
INSERT INTO t (id) VALUES (2);
DELETE FROM t;
