-- Flattened rows: added fields and headers, their prefixes and new names.
-- set transforms=unwrap
-- set transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
-- variant envelope transforms.unwrap.add.fields=op,ts_ms,ts_us,ts_ns transforms.unwrap.add.headers=op,ts_ms,ts_us,ts_ns
-- variant source transforms.unwrap.add.fields=version,connector,name,snapshot,db,sequence,schema,table,txId,lsn,xmin,origin,origin_lsn
-- variant source_schemas transforms.unwrap.add.fields=version,connector,name,source.ts_ms,snapshot,db,sequence,source.ts_us,source.ts_ns,schema,table,txId,lsn,xmin,origin,origin_lsn schemas.enable=true
-- variant source_headers transforms.unwrap.add.headers=version,connector,name,source.ts_ms,snapshot,db,sequence,source.ts_us,source.ts_ns,schema,table,txId,lsn,xmin,origin,origin_lsn
-- variant transaction transforms.unwrap.add.fields=id,total_order,data_collection_order transforms.unwrap.add.headers=transaction.id,transaction.total_order provide.transaction.metadata=true
-- variant transaction_schemas transforms.unwrap.add.fields=transaction.id,transaction.total_order,transaction.data_collection_order schemas.enable=true provide.transaction.metadata=true
-- variant no_transaction transforms.unwrap.add.fields=id,total_order transforms.unwrap.add.headers=id
-- variant prefix transforms.unwrap.add.fields=op,source.lsn transforms.unwrap.add.fields.prefix=x_ transforms.unwrap.add.headers=op,lsn transforms.unwrap.add.headers.prefix=x_
-- variant empty_prefix transforms.unwrap.add.fields=op:operation,table:from transforms.unwrap.add.fields.prefix= transforms.unwrap.add.headers=op:operation transforms.unwrap.add.headers.prefix=
-- variant renamed transforms.unwrap.add.fields=op:OP,source.lsn:lsn,table:x_y schemas.enable=true
-- variant rows transforms.unwrap.add.fields=before.name,after.name,before.amount,before.missing transforms.unwrap.add.headers=before.name,after.amount transforms.unwrap.delete.tombstone.handling.mode=rewrite
-- variant rows_schemas transforms.unwrap.add.fields=before.name,after.name,before.amount,before.missing transforms.unwrap.delete.tombstone.handling.mode=rewrite schemas.enable=true
-- variant rewrite transforms.unwrap.add.fields=op,table transforms.unwrap.add.headers=op,table transforms.unwrap.delete.tombstone.handling.mode=rewrite schemas.enable=true
-- variant rewrite_with_tombstone transforms.unwrap.add.fields=op transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone
-- variant delete_to_tombstone transforms.unwrap.add.fields=op transforms.unwrap.add.headers=op,table transforms.unwrap.delete.tombstone.handling.mode=delete-to-tombstone
-- variant extended transforms.unwrap.add.headers=op extended.headers.enabled=true
-- variant adjusted transforms.unwrap.add.fields=op field.name.adjustment.mode=avro schema.name.adjustment.mode=avro schemas.enable=true
CREATE TABLE t (id integer PRIMARY KEY, name text DEFAULT 'none', amount numeric(8,2) NOT NULL DEFAULT 1, "ein name" text);
ALTER TABLE t REPLICA IDENTITY FULL;
-- STREAM
INSERT INTO t VALUES (1, 'one', 1.5), (2, NULL, 2);
UPDATE t SET name = 'uno' WHERE id = 1;
UPDATE t SET name = NULL WHERE id = 1;
UPDATE t SET id = 3 WHERE id = 2;
DELETE FROM t;
