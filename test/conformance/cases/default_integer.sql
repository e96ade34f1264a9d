-- Defaults of integers: literals, signs, expressions, functions.
-- variant base
-- variant schemas schemas.enable=true
-- variant no_replace schemas.enable=true replace.null.with.default=false
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 5, b int DEFAULT -5, c int DEFAULT 1 + 2, d int DEFAULT f(), e int DEFAULT NULL, f smallint DEFAULT 7, g bigint DEFAULT 9223372036854775807, h bigint DEFAULT '12', i oid DEFAULT 5, j int DEFAULT COALESCE(NULL, 3), k int DEFAULT (3), l int DEFAULT 3.7::int, m int NOT NULL DEFAULT 9, n bigint DEFAULT 5);
-- STREAM
INSERT INTO t (id) VALUES (1);
INSERT INTO t VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL);
DELETE FROM t WHERE id = 1;
