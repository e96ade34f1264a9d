-- PostGIS geography.
-- needs postgis
-- variant base
-- variant schemas schemas.enable=true
CREATE EXTENSION postgis;
CREATE TABLE t (id int PRIMARY KEY, a geography, b geography NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 'POINT(174.9479 -36.7208)', 'LINESTRING(0 0,1 1)'), (2, NULL, 'POINT EMPTY');
DELETE FROM t WHERE id = 1;
