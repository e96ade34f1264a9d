-- Topics of names that topics cannot have.
-- variant base
-- variant unicode topic.naming.strategy=io.debezium.schema.SchemaUnicodeTopicNamingStrategy
-- variant unicode_schemas topic.naming.strategy=io.debezium.schema.SchemaUnicodeTopicNamingStrategy schemas.enable=true
CREATE TABLE "žš ta$ble_x" (id int PRIMARY KEY);
CREATE TABLE "😀" (id int PRIMARY KEY);
CREATE TABLE "a-b.c" (id int PRIMARY KEY);
-- STREAM
INSERT INTO "žš ta$ble_x" VALUES (1);
INSERT INTO "😀" VALUES (1);
INSERT INTO "a-b.c" VALUES (1);
