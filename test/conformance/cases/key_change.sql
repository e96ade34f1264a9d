-- An update of the key: delete, tombstone, create, and their headers.
-- variant base
-- variant schemas schemas.enable=true
-- variant plain extended.headers.enabled=false
-- variant no_tombstones tombstones.on.delete=false
CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, w int);
-- STREAM
INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2);
UPDATE t SET id = 10 WHERE id = 1;
UPDATE t SET id = id + 100, v = 'z';
