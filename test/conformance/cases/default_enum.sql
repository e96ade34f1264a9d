-- Defaults of enums.
-- variant base
-- variant schemas schemas.enable=true
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
CREATE TABLE t (id int PRIMARY KEY, a mood DEFAULT 'ok', b mood NOT NULL DEFAULT 'sad', c mood DEFAULT 'it''s');
-- STREAM
INSERT INTO t VALUES (1, NULL, 'ok', NULL);
DELETE FROM t;
