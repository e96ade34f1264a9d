-- A job that another role resumes reads with the rights of the role that began it: its "where" is that role's.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cdc_json;
-- jobs' numbers
ALTER SEQUENCE cdc_json.snapshot_job_id_seq RESTART 2001;
SELECT 'slot' FROM pg_create_logical_replication_slot('incremental_role', 'cdc_json');
CREATE ROLE regress_owner;
CREATE ROLE regress_helper;
CREATE ROLE regress_stranger;
CREATE SCHEMA incremental_role AUTHORIZATION regress_owner;
GRANT USAGE ON SCHEMA incremental_role TO regress_helper;
\set VERBOSITY terse
SET ROLE regress_owner;
SET search_path = incremental_role;
CREATE TABLE t (id int PRIMARY KEY);
INSERT INTO t SELECT generate_series(1, 3);
CREATE TABLE say (what text);
INSERT INTO say VALUES ('stop');
CREATE TABLE noted (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
-- what it does depends on a table
CREATE FUNCTION checked(int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	what text := (SELECT s.what FROM incremental_role.say AS s);
BEGIN
	RAISE WARNING '%: % of session %', $1, current_user, CASE WHEN session_user = current_user THEN 'the same' ELSE 'another' END;
	IF what = 'stop' AND $1 > 1 THEN
		RAISE EXCEPTION 'stop';
	ELSIF what IN ('SET ROLE', 'RESET ROLE') THEN
		EXECUTE CASE what WHEN 'SET ROLE' THEN 'SET ROLE regress_helper' ELSE 'RESET ROLE' END;
	ELSIF what = 'defer' THEN
		INSERT INTO incremental_role.noted VALUES ($1);
	END IF;
	RETURN true;
END $$;
CALL cdc_json.snapshot_incremental('{t}', 1, 'checked(id)');
SELECT state, rows, role FROM cdc_json.snapshot_progress;
SELECT max(job) AS job FROM cdc_json.snapshot_progress \gset
RESET ROLE;

-- a superuser
UPDATE say SET what = 'SET ROLE';
CALL cdc_json.snapshot_resume(:job);
UPDATE say SET what = 'RESET ROLE';
CALL cdc_json.snapshot_resume(:job);
UPDATE say SET what = 'defer';
CALL cdc_json.snapshot_resume(:job);
SELECT current_user = session_user, state, rows FROM cdc_json.snapshot_progress WHERE job = :job;
-- a role that is a member
SET ROLE regress_helper;
CALL cdc_json.snapshot_resume(:job);
RESET ROLE;
GRANT regress_owner TO regress_helper;
UPDATE say SET what = 'nothing';
SET ROLE regress_helper;
CALL cdc_json.snapshot_resume(:job);
SELECT current_user, state, rows, role FROM cdc_json.snapshot_progress WHERE job = :job;
RESET ROLE;
SELECT count(*) FROM noted;

-- rights that the role lost meanwhile are no superuser's
UPDATE say SET what = 'stop';
ALTER TABLE t OWNER TO CURRENT_USER;
GRANT SELECT, UPDATE ON t TO regress_owner;
SET ROLE regress_owner;
CALL cdc_json.snapshot_incremental('{t}', 1, 'checked(id)');
SELECT max(job) AS job FROM cdc_json.snapshot_progress \gset
RESET ROLE;
UPDATE say SET what = 'nothing';
REVOKE SELECT ON t FROM regress_owner;
CALL cdc_json.snapshot_resume(:job);
SET ROLE regress_stranger;
CALL cdc_json.snapshot_resume(:job);
RESET ROLE;
SELECT cdc_json.snapshot_forget(job) FROM (SELECT DISTINCT job FROM cdc_json.snapshot_progress) AS j;
SELECT 'dropped' FROM pg_drop_replication_slot('incremental_role');
DROP SCHEMA incremental_role CASCADE;
DROP ROLE regress_owner, regress_helper, regress_stranger;
