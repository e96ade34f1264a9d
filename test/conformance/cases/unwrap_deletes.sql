-- Flattened rows: each way to handle deletes and their tombstones.
-- set transforms=unwrap
-- set transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
-- variant default
-- variant default_schemas schemas.enable=true
-- variant drop transforms.unwrap.delete.tombstone.handling.mode=drop
-- variant tombstone transforms.unwrap.delete.tombstone.handling.mode=tombstone schemas.enable=true
-- variant rewrite transforms.unwrap.delete.tombstone.handling.mode=rewrite
-- variant rewrite_schemas transforms.unwrap.delete.tombstone.handling.mode=rewrite schemas.enable=true
-- variant rewrite_with_tombstone transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone
-- variant rewrite_with_tombstone_schemas transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone schemas.enable=true
-- variant delete_to_tombstone transforms.unwrap.delete.tombstone.handling.mode=delete-to-tombstone
-- variant delete_to_tombstone_schemas transforms.unwrap.delete.tombstone.handling.mode=delete-to-tombstone schemas.enable=true
-- variant no_tombstones transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone tombstones.on.delete=false
-- variant metadata transforms.unwrap.delete.tombstone.handling.mode=drop provide.transaction.metadata=true
CREATE TABLE t (id integer PRIMARY KEY, name text, amount numeric(8,2), tags text[]);
CREATE TABLE f (id integer PRIMARY KEY, name text, amount numeric(8,2), tags text[]);
ALTER TABLE f REPLICA IDENTITY FULL;
CREATE TABLE k (id integer, name text);
ALTER TABLE k REPLICA IDENTITY FULL;
-- STREAM
INSERT INTO t VALUES (1, 'one', 1.5, '{a,b}'), (2, NULL, NULL, NULL);
UPDATE t SET name = 'uno' WHERE id = 1;
UPDATE t SET id = 3 WHERE id = 2;
DELETE FROM t WHERE id = 1;
INSERT INTO f SELECT 1, 'one', 1.5, '{a}';
UPDATE f SET amount = 2, id = 9;
DELETE FROM f;
INSERT INTO k VALUES (1, 'one');
UPDATE k SET name = 'uno';
DELETE FROM k;
SELECT pg_logical_emit_message(true, 'note', 'x');
TRUNCATE t, k;
