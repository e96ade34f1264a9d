-- field.name.adjustment.mode.
-- variant avro field.name.adjustment.mode=avro
-- variant avro_schemas field.name.adjustment.mode=avro schemas.enable=true
-- variant avro_unicode field.name.adjustment.mode=avro_unicode
CREATE TABLE t ("1 id" int PRIMARY KEY, "a-b" int, "x.y" int, "ž_c" int, ok_1 int);
-- STREAM
INSERT INTO t VALUES (1, 2, 3, 4, 5);
UPDATE t SET "1 id" = 2;
