-- Flattened rows: a column decides the topic.
-- set transforms=unwrap
-- set transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
-- set transforms.unwrap.route.by.field=place
-- variant tombstone
-- variant rewrite transforms.unwrap.delete.tombstone.handling.mode=rewrite schemas.enable=true
-- variant rewrite_with_tombstone transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone
-- variant delete_to_tombstone transforms.unwrap.delete.tombstone.handling.mode=delete-to-tombstone
CREATE TABLE t (id integer PRIMARY KEY, place varchar(20));
ALTER TABLE t REPLICA IDENTITY FULL;
-- STREAM
INSERT INTO t VALUES (1, 'north'), (2, NULL), (3, ''), (4, '  '), (5, 'a "quoted" \ žluť');
UPDATE t SET place = 'south' WHERE id = 1;
UPDATE t SET id = 9, place = 'west' WHERE id = 5;
DELETE FROM t;
