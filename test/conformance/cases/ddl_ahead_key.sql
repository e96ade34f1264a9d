-- A key made after the row, in the same transaction.
CREATE TABLE u (id int);
-- STREAM
BEGIN;
CREATE TABLE t (id int, a int);
INSERT INTO t VALUES (1, 1);
ALTER TABLE t ADD PRIMARY KEY (a);
COMMIT;
