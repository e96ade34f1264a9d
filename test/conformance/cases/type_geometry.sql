-- PostGIS geometry: SRID, dimensions, empty.
-- needs postgis
-- variant base
-- variant schemas schemas.enable=true
CREATE EXTENSION postgis;
CREATE TABLE t (id int PRIMARY KEY, a geometry, b geometry(Point, 3187), c geometry NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 'SRID=3187;POINT(174.9479 -36.7208)', 'SRID=3187;POINT(1 2)', 'POINT(0 0)'), (2, NULL, NULL, 'POINT EMPTY'), (3, 'LINESTRING Z (0 0 1, 1 1 2)', NULL, 'POLYGON((0 0,0 1,1 1,0 0))'), (4, 'SRID=4326;POINT ZM (1 2 3 4)', NULL, 'GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))');
DELETE FROM t WHERE id = 1;
