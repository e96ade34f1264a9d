-- schema.name.adjustment.mode.
-- variant none schemas.enable=true
-- variant avro schema.name.adjustment.mode=avro schemas.enable=true
-- variant avro_unicode schema.name.adjustment.mode=avro_unicode schemas.enable=true
CREATE SCHEMA "1s";
CREATE TABLE "1s"."a-b ž_c" (id int PRIMARY KEY, "x y" int);
-- STREAM
INSERT INTO "1s"."a-b ž_c" VALUES (1, 2);
