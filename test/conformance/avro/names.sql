-- Names that Avro does not allow, adjusted.
-- set schema.name.adjustment.mode=avro
-- set field.name.adjustment.mode=avro
CREATE SCHEMA "my-s";
CREATE TABLE "my-s"."1 täble" (id int PRIMARY KEY, "a-b" int, "1x" int, "é" int, "_y" int, "sp ace" int);
-- STREAM
INSERT INTO "my-s"."1 täble" VALUES (1, 2, 3, 4, 5, 6);
