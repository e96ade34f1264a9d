-- Flattened rows: nulls and defaults, with __deleted and without.
-- set transforms=unwrap
-- set transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
-- variant plain
-- variant plain_kept replace.null.with.default=false
-- variant rewrite transforms.unwrap.delete.tombstone.handling.mode=rewrite schemas.enable=true
-- variant rewrite_kept transforms.unwrap.delete.tombstone.handling.mode=rewrite replace.null.with.default=false
-- variant rewrite_kept_twice transforms.unwrap.delete.tombstone.handling.mode=rewrite transforms.unwrap.replace.null.with.default=false replace.null.with.default=false
-- variant rewrite_kept_by_transform transforms.unwrap.delete.tombstone.handling.mode=rewrite transforms.unwrap.replace.null.with.default=false
CREATE TABLE t (id integer PRIMARY KEY, name text DEFAULT 'none', amount numeric(8,2) DEFAULT 1, flag boolean DEFAULT true, plain text);
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL);
INSERT INTO t (id) VALUES (2);
UPDATE t SET amount = NULL WHERE id = 2;
DELETE FROM t;
