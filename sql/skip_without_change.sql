-- skip.messages.without.change: updates after which the row is sent as it was.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA skip_without_change;
SET search_path = skip_without_change, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', coalesce(v->>'op', v->>'status'), left((v->'before')::text, 60), left((v->'after')::text, 60), v->'event_count')
	FROM pg_logical_slot_peek_changes('skip_without_change', NULL, NULL, VARIADIC ARRAY['skip.messages.without.change', 'true'] || options),
		LATERAL (SELECT data::json) AS x(v)
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('skip_without_change', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id int PRIMARY KEY, a int, b text, f float8);
ALTER TABLE t REPLICA IDENTITY FULL;
INSERT INTO t VALUES (1, 1, 'x', 0.0);
SELECT 'slot' FROM pg_create_logical_replication_slot('skip_without_change', 'cdc_json');

-- An update that changes nothing is skipped; null is not the empty string, nor is zero minus zero.
UPDATE t SET a = a;
UPDATE t SET a = 2;
UPDATE t SET a = 2, b = 'x';
UPDATE t SET b = '';
UPDATE t SET b = NULL;
UPDATE t SET b = NULL;
UPDATE t SET f = '-0';
SELECT * FROM events();
SELECT count(*) FROM pg_logical_slot_peek_changes('skip_without_change', NULL, NULL);

-- Only what is sent counts: columns left out do not, a mask hides the change under it, a hash does not.
SELECT count(*) FROM events('column.include.list', '.*\.(id|a)');
SELECT count(*) FROM events('column.include.list', '.*\.(id|b)', 'column.mask.with.3.chars', '.*\.b');
SELECT count(*) FROM events('column.include.list', '.*\.(id|b)', 'column.mask.hash.v2.SHA-256.with.salt.s', '.*\.b');
CALL forget();

-- A change of the key is one, even where the row does not show it.
UPDATE t SET id = 2;
SELECT * FROM events();
SELECT * FROM events('column.exclude.list', '.*\.id');
CALL forget();

-- Without the whole row before, nothing can be known, and nothing is skipped.
ALTER TABLE t REPLICA IDENTITY DEFAULT;
UPDATE t SET a = a;
ALTER TABLE t REPLICA IDENTITY NOTHING;
UPDATE t SET a = a;
SELECT * FROM events();
CALL forget();

-- Long values are compared as well: unchanged out of line, compressed, changed at the end.
CREATE TABLE long (id int PRIMARY KEY, x text, y text);
ALTER TABLE long ALTER x SET STORAGE EXTERNAL;
ALTER TABLE long REPLICA IDENTITY FULL;
INSERT INTO long VALUES (1, repeat('x', 5000), repeat('y', 100000));
CALL forget();
UPDATE long SET id = id;
UPDATE long SET x = x || '', y = y || '';
UPDATE long SET y = y || 'z';
SELECT count(*) FROM events();

-- What is skipped does not count in its transaction, which is one all the same.
UPDATE long SET id = id;
SELECT * FROM events('provide.transaction.metadata', 'true') AS e WHERE e ~ '^(BEGIN|END)';

SELECT 'dropped' FROM pg_drop_replication_slot('skip_without_change');
DROP SCHEMA skip_without_change CASCADE;
