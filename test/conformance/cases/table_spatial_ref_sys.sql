-- table.ignore.builtin: the table spatial_ref_sys.
-- variant base
-- variant builtin table.ignore.builtin=false
CREATE TABLE spatial_ref_sys (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
INSERT INTO spatial_ref_sys VALUES (1);
INSERT INTO t VALUES (1);
