-- A slot is for roles that may replicate, and for nobody else.
SET synchronous_commit = on;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE ROLE permissions_normal;
CREATE ROLE permissions_replication REPLICATION;
CREATE SCHEMA permissions;
CREATE TABLE permissions.secret (id int PRIMARY KEY, v text);
-- the text of the refusal differs between servers
CREATE FUNCTION attempt(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	RETURN 'done';
EXCEPTION WHEN insufficient_privilege THEN
	RETURN 'insufficient privilege';
END $$;

-- An ordinary role: nothing of it.
SET ROLE permissions_normal;
SELECT attempt($$SELECT 'slot' FROM pg_create_logical_replication_slot('permissions', 'cdc_json')$$);
SELECT attempt($$SELECT 'read' FROM pg_logical_slot_get_changes('permissions', NULL, NULL)$$);
SELECT attempt($$SELECT 'read' FROM cdc_json.get_events('permissions', NULL, NULL)$$);
SELECT attempt($$SELECT 'read' FROM cdc_json.peek_events('permissions', NULL, NULL)$$);
SELECT attempt($$SELECT 'dropped' FROM pg_drop_replication_slot('permissions')$$);
-- but options, and a look at what is missing
SELECT count(*) > 0 FROM cdc_json.options();
SELECT ok, hint FROM cdc_json."check"() WHERE item = 'privileges';
RESET ROLE;

-- One that may replicate reads every table through a slot, whatever its rights on it.
SET ROLE permissions_replication;
SELECT 'slot' FROM pg_create_logical_replication_slot('permissions', 'cdc_json');
RESET ROLE;
INSERT INTO permissions.secret VALUES (1, 'x');
ALTER TABLE permissions.secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
INSERT INTO permissions.secret VALUES (2, 'y');
SET ROLE permissions_replication;
SELECT attempt($$SELECT v FROM permissions.secret$$);
SELECT data::json->'after' FROM pg_logical_slot_peek_changes('permissions', NULL, NULL);
SELECT key FROM cdc_json.get_events('permissions', NULL, NULL);
SELECT ok FROM cdc_json."check"() WHERE item = 'privileges';
RESET ROLE;

-- Nor does an ordinary role drop another's slot.
SET ROLE permissions_normal;
SELECT attempt($$SELECT 'dropped' FROM pg_drop_replication_slot('permissions')$$);
RESET ROLE;
-- Revoked again.
ALTER ROLE permissions_replication NOREPLICATION;
SET ROLE permissions_replication;
SELECT attempt($$SELECT 'read' FROM pg_logical_slot_get_changes('permissions', NULL, NULL)$$);
RESET ROLE;

SELECT 'dropped' FROM pg_drop_replication_slot('permissions');
DROP FUNCTION attempt;
DROP SCHEMA permissions CASCADE;
DROP ROLE permissions_normal;
DROP ROLE permissions_replication;
