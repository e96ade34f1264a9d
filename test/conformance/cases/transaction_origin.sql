-- A replication origin in the source.
-- variant base
-- variant schemas schemas.enable=true
-- variant transactions provide.transaction.metadata=true
CREATE TABLE t (id int PRIMARY KEY);
SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname = 'conformance';
SELECT pg_replication_origin_create('conformance');
-- STREAM
INSERT INTO t VALUES (1);
SELECT pg_replication_origin_session_setup('conformance');
SELECT pg_replication_origin_xact_setup('0/1234', '2020-01-01 00:00+00');
BEGIN; SELECT pg_replication_origin_xact_setup('0/5678', '2020-01-01 00:00+00'); INSERT INTO t VALUES (2); COMMIT;
SELECT pg_replication_origin_session_reset();
INSERT INTO t VALUES (3);
