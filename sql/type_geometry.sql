-- Points, and PostGIS's types. Of those only the names and the printed form
-- matter: stand-ins that keep the text are as good, and always there.
SET synchronous_commit = on;
SET client_min_messages = warning;
SET extra_float_digits = -10;

CREATE FUNCTION after(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (id text, name text, value text) LANGUAGE sql AS $$
	SELECT e->>'id', c.key, c.value::text
	FROM pg_logical_slot_peek_changes('type_geometry', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n),
		LATERAL (SELECT coalesce(data::json->'payload', data::json)) AS d(d),
		LATERAL (SELECT coalesce(nullif(d->>'after', '')::json, d->'before')) AS a(e),
		LATERAL json_each(e) WITH ORDINALITY AS c(key, value, o)
	WHERE c.key <> 'id' ORDER BY n, o
$$;
CREATE SCHEMA gis;
SET search_path = public, gis;
CREATE FUNCTION gis.geometry_in(cstring) RETURNS gis.geometry LANGUAGE internal STRICT IMMUTABLE AS 'textin';
CREATE FUNCTION gis.geometry_out(gis.geometry) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'textout';
CREATE TYPE gis.geometry (INPUT = gis.geometry_in, OUTPUT = gis.geometry_out, STORAGE = external);
CREATE FUNCTION gis.geography_in(cstring) RETURNS gis.geography LANGUAGE internal STRICT IMMUTABLE AS 'textin';
CREATE FUNCTION gis.geography_out(gis.geography) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'textout';
CREATE TYPE gis.geography (INPUT = gis.geography_in, OUTPUT = gis.geography_out, STORAGE = external);

CREATE TABLE points (id int PRIMARY KEY, p point, nn point NOT NULL);
CREATE TABLE shapes (id int PRIMARY KEY, g geometry, gn geometry NOT NULL, gg geography, ggn geography NOT NULL, ag geometry[], agg geography[]);
SELECT 'slot' FROM pg_create_logical_replication_slot('type_geometry', 'cdc_json');

-- Doubles as Java prints them, in the order of a little-endian machine.
INSERT INTO points VALUES (1, '(1,1)', '(0,0)'), (2, NULL, '(1.5,-2.25)'), (3, '(1e10,1e-10)', '(NaN,Infinity)'), (4, '(-0,0.1)', '(5e-324,-1.7976931348623157e308)');
DELETE FROM points WHERE id = 1;
SELECT * FROM after();
SELECT * FROM after('debezium.quirks', 'true') EXCEPT SELECT * FROM after();
SELECT * FROM after('schemas.enable', 'true') EXCEPT SELECT * FROM after();
SELECT f->>'field' AS field, f::jsonb - 'field' AS schema
FROM (SELECT data FROM pg_logical_slot_peek_changes('type_geometry', NULL, NULL, 'schemas.enable', 'true') LIMIT 1) d,
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f;
SELECT 'forgotten' FROM pg_replication_slot_advance('type_geometry', pg_current_wal_lsn());

-- With an SRID; without, empty, with a third dimension, of the other byte order; what is no geometry.
INSERT INTO shapes VALUES
	(1, '0101000020730C00001C7C613255DE6540787AA52C435C42C0', '010100000000000000000000000000000000000000', '0101000020E6100000000000000000F03F0000000000000040', '0101000020E610000000000000000000000000000000000000',
		'{0101000000000000000000F03F000000000000F03F,NULL}', '{0101000020E6100000000000000000F03F0000000000000040}'),
	(2, NULL, '0101000000000000000000F87F000000000000F87F', NULL, '0101000020ab100000000000000000f03f0000000000000040', '{}', NULL),
	(3, '0107000080010000000101000080000000000000F03F00000000000000400000000000000840', '0020000001000010E63FF00000000000004000000000000000', NULL, '0101', NULL, NULL),
	(4, 'POINT(1 1)', '', '0', '0101000020E6', '{x,0107000000}', NULL);
DELETE FROM shapes WHERE id = 1;
SELECT * FROM after();
SELECT * FROM after('debezium.quirks', 'true') EXCEPT SELECT * FROM after() ORDER BY 1, 2;
SELECT * FROM after('schemas.enable', 'true') EXCEPT SELECT * FROM after() ORDER BY 1, 2;
SELECT f->>'field' AS field, f::jsonb - 'field' AS schema
FROM (SELECT data FROM pg_logical_slot_peek_changes('type_geometry', NULL, NULL, 'schemas.enable', 'true') LIMIT 1) d,
	json_array_elements(data::json->'schema'->'fields'->0->'fields') f;
SELECT 'forgotten' FROM pg_replication_slot_advance('type_geometry', pg_current_wal_lsn());

-- A large one.
INSERT INTO shapes (id, g, gn, ggn) SELECT 5, (h || repeat('00', 1000000))::geometry, h::geometry, h::geography FROM (VALUES ('0102000000')) v(h);
SELECT name, decode(value::json->>'wkb', 'base64') = decode(g::text, 'hex') AS same, length(g::text) FROM after() a JOIN shapes s ON a.id = s.id::text WHERE name = 'g';

SELECT 'dropped' FROM pg_drop_replication_slot('type_geometry');
DROP TABLE points, shapes;
DROP SCHEMA gis CASCADE;
DROP FUNCTION after;
