-- varchar with and without a length.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id varchar(20) PRIMARY KEY, a varchar(3), b varchar, c varchar(10485760) NOT NULL);
-- STREAM
INSERT INTO t VALUES ('k', 'žš😀', 'any', ''), ('', '', NULL, 'x');
DELETE FROM t;
