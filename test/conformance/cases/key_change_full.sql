-- An update of the key with REPLICA IDENTITY FULL.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, v text);
ALTER TABLE t REPLICA IDENTITY FULL;
-- STREAM
INSERT INTO t VALUES (1, 'x');
UPDATE t SET id = 2;
UPDATE t SET id = 3, v = 'y';
DELETE FROM t;
