-- An exclusion constraint is no key.
CREATE TABLE t (a int, v int, EXCLUDE USING btree (a WITH =));
-- STREAM
INSERT INTO t VALUES (1, 2);
