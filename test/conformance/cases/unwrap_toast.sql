-- Flattened rows: an unchanged value that the log does not hold.
-- set transforms=unwrap
-- set transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
-- variant base transforms.unwrap.add.fields=op
-- variant schemas schemas.enable=true transforms.unwrap.add.fields=op
CREATE TABLE t (id integer PRIMARY KEY, v integer, big text);
ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
-- STREAM
INSERT INTO t VALUES (1, 1, repeat('x', 3000));
UPDATE t SET v = 2;
