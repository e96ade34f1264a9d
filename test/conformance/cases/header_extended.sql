-- extended.headers.enabled=false leaves the four headers out.
-- set extended.headers.enabled=false
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
INSERT INTO t VALUES (1);
DELETE FROM t;
