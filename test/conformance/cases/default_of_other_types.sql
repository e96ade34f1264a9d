-- Types whose defaults the connector does not read.
-- needs citext
-- variant base
-- variant schemas schemas.enable=true
CREATE EXTENSION citext;
CREATE DOMAIN d5 AS int DEFAULT 5;
CREATE TABLE t (id int PRIMARY KEY, a citext DEFAULT 'ci', b inet DEFAULT '10.0.0.1', c int[] DEFAULT '{1}', d name DEFAULT 'n', e point DEFAULT '(1,1)', f int4range DEFAULT '[1,2)', g d5, h d5 DEFAULT 6);
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
