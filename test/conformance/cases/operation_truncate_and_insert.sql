-- COPY into a table truncated in the same transaction.
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
INSERT INTO t VALUES (1);
BEGIN; TRUNCATE t; INSERT INTO t VALUES (2), (3); COMMIT;
