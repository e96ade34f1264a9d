-- Names of 63 bytes.
-- variant base
-- variant unicode topic.naming.strategy=io.debezium.schema.SchemaUnicodeTopicNamingStrategy
CREATE SCHEMA sžžžžžžžžžžžžžžžžžžžžžžžžžžžžžžž;
CREATE TABLE sžžžžžžžžžžžžžžžžžžžžžžžžžžžžžžž.t23456789012345678901234567890123456789012345678901234567890123 (c23456789012345678901234567890123456789012345678901234567890123 int PRIMARY KEY);
-- STREAM
INSERT INTO sžžžžžžžžžžžžžžžžžžžžžžžžžžžžžžž.t23456789012345678901234567890123456789012345678901234567890123 VALUES (1);
