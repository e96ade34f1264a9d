-- Domains are their base type: nested, with length, with NOT NULL.
-- variant base
-- variant schemas schemas.enable=true
CREATE DOMAIN num AS numeric(5,2);
CREATE DOMAIN num2 AS num CHECK (VALUE > 0);
CREATE DOMAIN vc AS varchar(10) NOT NULL;
CREATE DOMAIN ts AS timestamp(3);
CREATE DOMAIN bx AS box;
CREATE TABLE t (id int PRIMARY KEY, a num, b num2, c vc, d ts, e bx);
-- STREAM
INSERT INTO t VALUES (1, 1.5, 2.25, 'x', '2020-01-01 00:00:00.123456', '(1,1),(0,0)'), (2, NULL, NULL, 'y', NULL, NULL);
DELETE FROM t WHERE id = 1;
