-- Schema documents: what schemas.enable puts before the payload, and that it
-- follows the table through the log.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned

-- Schema of the value of each event, or of its key, as it is spelled.
CREATE FUNCTION documents(part text, VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (topic text, schema text) LANGUAGE sql AS $$
	SELECT data::json->>'topic', data::json->part->>'schema'
	FROM pg_logical_slot_peek_changes('schema_documents', NULL, NULL,
		VARIADIC '{format,record,schemas.enable,true}' || options ||
			CASE WHEN 'topic.prefix' = ANY (options) THEN '{}' ELSE '{topic.prefix,srv}'::text[] END) WITH ORDINALITY AS s(lsn, xid, data, n)
	WHERE data::json->part IS NOT NULL
	ORDER BY n
$$;
-- The row's struct alone, a field a line.
CREATE FUNCTION fields(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (event bigint, name text, field text) LANGUAGE sql AS $$
	SELECT event, row->>'name', field::text
	FROM documents('value', VARIADIC options) WITH ORDINALITY AS d(topic, schema, event),
		LATERAL (SELECT schema::json->'fields'->0) AS r(row),
		LATERAL json_array_elements(row->'fields') WITH ORDINALITY AS f(field, n)
	WHERE topic LIKE '%.public.%'
	ORDER BY event, f.n
$$;
-- The fields that these options change.
CREATE FUNCTION changed(VARIADIC options text[]) RETURNS TABLE (field text) LANGUAGE sql AS $$
	SELECT field FROM fields(VARIADIC options) WITH ORDINALITY AS f(event, name, field, n)
	WHERE field NOT IN (SELECT field FROM fields())
	ORDER BY n
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('schema_documents', pg_current_wal_lsn());
END $$;

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN price AS numeric(8,3) NOT NULL;
CREATE TABLE types (id int PRIMARY KEY, i2 smallint NOT NULL, i8 bigint DEFAULT 8, o oid, b boolean, f4 real, f8 double precision,
	n52 numeric(5,2) DEFAULT 1.5, n numeric, pr price, mo money, tx text, vc varchar(5), ch char(3), qc "char", u uuid, j json,
	jb jsonb, x xml, by bytea, b1 bit, b9 bit(9), vb varbit, d date, tm time, tm3 time(3), ttz timetz, ts timestamp, ts3 timestamp(3),
	tz timestamptz, iv interval, inet inet, m macaddr, r int4range, tv tsvector, md mood, p point, ai int[], an numeric[], ad date[],
	am mood[], bx box);
CREATE TABLE odd ("a ""quoted"" name" int, "ünï😀" text, "a\b/c	d" text);
CREATE TABLE changing (id int PRIMARY KEY, a int);

SELECT 'slot' FROM pg_create_logical_replication_slot('schema_documents', 'cdc_json');

-- The whole document of an event, and that of its key.
INSERT INTO changing VALUES (1, 1);
SELECT schema FROM documents('value');
SELECT schema FROM documents('key');
-- The same for every operation; a tombstone has a key alone, a truncate none.
UPDATE changing SET a = 2;
UPDATE changing SET id = 2;
DELETE FROM changing;
TRUNCATE changing;
SELECT count(*), count(schema), count(DISTINCT schema) FROM documents('value', 'skipped.operations', 'none');
SELECT count(*), count(schema), count(DISTINCT schema) FROM documents('key', 'skipped.operations', 'none');
CALL forget();

-- Messages, with their content as bytes and as a string; transaction records.
BEGIN;
SELECT 'message' FROM pg_logical_emit_message(true, 'prefix', 'content');
COMMIT;
SELECT topic, schema FROM documents('key', 'provide.transaction.metadata', 'true');
SELECT topic, schema FROM documents('value', 'provide.transaction.metadata', 'true');
SELECT schema::json->'fields'->4 AS message FROM documents('value', 'binary.handling.mode', 'hex');
CALL forget();

-- Every kind of type.
INSERT INTO types (id, i2, pr) VALUES (1, 1, 1);
SELECT field FROM fields();
-- With other handling modes: the fields that differ.
SELECT * FROM changed('decimal.handling.mode', 'string', 'time.precision.mode', 'isostring', 'interval.handling.mode', 'string',
	'binary.handling.mode', 'hex');
SELECT * FROM changed('decimal.handling.mode', 'double', 'time.precision.mode', 'connect', 'binary.handling.mode', 'base64');
SELECT * FROM changed('time.precision.mode', 'nanoseconds', 'include.unknown.datatypes', 'true');
SELECT * FROM changed('decimal.format', 'numeric');
-- Source types among the parameters.
SELECT * FROM changed('column.propagate.source.type', 'public.types.(n52|vc|md|id)');
-- Without schemas for keys, or for values.
SELECT DISTINCT schema IS NULL AS none FROM documents('key', 'key.converter.schemas.enable', 'false');
SELECT DISTINCT schema IS NULL AS none FROM documents('value', 'value.converter.schemas.enable', 'false');
CALL forget();

-- Names are escaped; without a key there is no document for it.
INSERT INTO odd VALUES (1, 'x', 'y');
SELECT field FROM fields();
SELECT name, field FROM fields('field.name.adjustment.mode', 'avro', 'schema.name.adjustment.mode', 'avro', 'topic.prefix', 'a-b');
SELECT count(schema) FROM documents('key');
CALL forget();

-- The document is that of the table at the row's place in the log.
INSERT INTO changing VALUES (1, 1);
BEGIN;
ALTER TABLE changing ADD b text NOT NULL DEFAULT 'b';
INSERT INTO changing VALUES (2, 2, 'b');
SAVEPOINT s;
ALTER TABLE changing ALTER a TYPE numeric(4,1);
INSERT INTO changing VALUES (3, 3, 'b');
ROLLBACK TO s;
INSERT INTO changing VALUES (4, 4, 'b');
COMMIT;
ALTER TABLE changing RENAME b TO c;
INSERT INTO changing VALUES (5, 5, 'c');
ALTER TABLE changing ALTER c DROP NOT NULL, ALTER c DROP DEFAULT, ALTER a SET NOT NULL;
INSERT INTO changing VALUES (6, 6, 'c');
ALTER TABLE changing DROP a, ADD m mood;
INSERT INTO changing VALUES (7, 'c', 'ok');
ALTER TYPE mood ADD VALUE 'happy' BEFORE 'ok';
INSERT INTO changing VALUES (8, 'c', 'happy');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
INSERT INTO changing VALUES (9, 'c', 'blue');
ALTER TABLE changing RENAME TO changed;
INSERT INTO changed VALUES (10, 'c', 'ok');
DROP TABLE changed;
SELECT event, name, field FROM fields() WHERE field !~ '"field":"id"';

SELECT 'dropped' FROM pg_drop_replication_slot('schema_documents');
DROP FUNCTION documents, fields, changed;
DROP PROCEDURE forget;
DROP TABLE types, odd;
DROP DOMAIN price;
DROP TYPE mood;
