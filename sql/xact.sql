-- Transactions of every shape: what was rolled back is not there, what was
-- committed is, once, in the order of the commits.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA xact;
SET search_path = xact, public;
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', dense_rank() OVER (ORDER BY v->'source'->>'ts_us', xid::text::bigint), v->>'op', v->'after', xid = (v->'source'->>'txId')::xid)
	FROM pg_logical_slot_peek_changes('xact', NULL, NULL, VARIADIC options) WITH ORDINALITY AS s(lsn, xid, data, n), LATERAL (SELECT data::json) AS x(v) ORDER BY n
$$;
CREATE PROCEDURE forget() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_replication_slot_advance('xact', pg_current_wal_lsn());
END $$;
CREATE TABLE t (id serial PRIMARY KEY, v text);
SELECT 'slot' FROM pg_create_logical_replication_slot('xact', 'cdc_json');

-- Savepoints, released and rolled back, nested; rows of all carry the top transaction's id.
BEGIN;
INSERT INTO t (v) VALUES ('top');
SAVEPOINT a;
INSERT INTO t (v) VALUES ('a');
SAVEPOINT b;
INSERT INTO t (v) VALUES ('b, gone');
ROLLBACK TO b;
INSERT INTO t (v) VALUES ('a again');
RELEASE a;
SAVEPOINT c;
INSERT INTO t (v) VALUES ('c, gone');
ROLLBACK TO c;
COMMIT;
-- only a subtransaction has changes
BEGIN;
SAVEPOINT a;
INSERT INTO t (v) VALUES ('below');
COMMIT;
-- an exception block
DO $$ BEGIN
	INSERT INTO t (v) VALUES ('before');
	BEGIN
		INSERT INTO t (v) VALUES ('gone');
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN
		INSERT INTO t (v) VALUES ('handled');
	END;
END $$;
BEGIN;
INSERT INTO t (v) VALUES ('all gone');
ROLLBACK;
SELECT * FROM events();
CALL forget();

-- DDL in a subtransaction that is rolled back: the table is again as it was.
BEGIN;
INSERT INTO t (v) VALUES ('one');
SAVEPOINT a;
ALTER TABLE t ADD gone int DEFAULT 1;
INSERT INTO t (v) VALUES ('gone');
ROLLBACK TO a;
INSERT INTO t (v) VALUES ('two');
SAVEPOINT b;
ALTER TABLE t ADD stays int DEFAULT 2;
INSERT INTO t (v) VALUES ('three');
RELEASE b;
INSERT INTO t (v) VALUES ('four');
COMMIT;
SELECT * FROM events();
CALL forget();

-- Empty, read-only, and transactions of catalogs, sequences, locks, comments and statistics make no event.
BEGIN;
COMMIT;
BEGIN;
SELECT count(*) FROM t WHERE false;
SELECT id FROM t WHERE id = 1 FOR UPDATE;
COMMIT;
SELECT 'next' FROM nextval('t_id_seq');
COMMENT ON TABLE t IS 'x';
ANALYZE t;
CREATE INDEX ON t (v);
SELECT * FROM events('provide.transaction.metadata', 'true');

-- Rows of COPY, of INSERT ... SELECT, of a CTE, of MERGE and ON CONFLICT, of triggers and foreign keys.
CREATE TABLE audit (id int, was text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (OLD.id, OLD.v); RETURN NEW; END $$;
CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TABLE child (id int REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE);
ALTER TABLE child REPLICA IDENTITY FULL;
COPY t (id, v) FROM STDIN;
101	copied
102	\N
\.
INSERT INTO child VALUES (101);
WITH moved AS (DELETE FROM t WHERE id = 102 RETURNING id) INSERT INTO child SELECT 101 FROM moved;
INSERT INTO t VALUES (101, 'again') ON CONFLICT (id) DO UPDATE SET v = 'conflict';
MERGE INTO t USING (VALUES (101), (103)) AS s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 'merged' WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new');
DELETE FROM t WHERE id = 101;
SELECT v->>'op', v->'source'->>'table', v->'before', v->'after' FROM pg_logical_slot_peek_changes('xact', NULL, NULL), LATERAL (SELECT data::json) AS x(v);
CALL forget();

-- A transaction that spills to disk, subtransactions and all, is whole and in order.
DO $$ BEGIN
	FOR i IN 1..300 LOOP
		BEGIN
			INSERT INTO t (id, v) SELECT 1000 + i * 10 + g, repeat('x', 200) FROM generate_series(0, 9) AS g;
			IF i % 3 = 0 THEN RAISE division_by_zero; END IF;
		EXCEPTION WHEN division_by_zero THEN NULL;
		END;
	END LOOP;
END $$;
SELECT count(*), count(DISTINCT data::json->'source'->>'txId'), bool_and((data::json->'after'->>'id')::int = id) AS in_order
FROM pg_logical_slot_peek_changes('xact', NULL, NULL) WITH ORDINALITY AS s(lsn, xid, data, n)
	JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM t WHERE id >= 1000) AS r USING (n);

SELECT 'dropped' FROM pg_drop_replication_slot('xact');
DROP SCHEMA xact CASCADE;
