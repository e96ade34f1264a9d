-- ALTER COLUMN TYPE: precision, length, another type.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a numeric(5,2), b varchar(5), c int);
-- STREAM
INSERT INTO t VALUES (1, 1.5, 'x', 1);
-- SYNC
ALTER TABLE t ALTER a TYPE numeric(6,1), ALTER b TYPE text, ALTER c TYPE text;
-- SYNC
INSERT INTO t VALUES (2, 1.5, 'y', '2');
