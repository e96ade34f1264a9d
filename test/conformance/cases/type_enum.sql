-- Enums: labels, their list in the schema, as keys.
-- variant base
-- variant schemas schemas.enable=true
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'žš "q"', 'a,b');
CREATE TABLE t (id mood PRIMARY KEY, a mood, b mood NOT NULL);
-- STREAM
INSERT INTO t VALUES ('sad', 'it''s ok', 'žš "q"'), ('a,b', NULL, 'sad');
DELETE FROM t;
