-- Unchanged long values of character types.
-- needs citext
-- variant base
-- variant schemas schemas.enable=true
-- variant placeholder unavailable.value.placeholder=NA
CREATE EXTENSION citext;
CREATE TABLE t (id int PRIMARY KEY, n int, a text, b varchar(5000), c char(2500), d citext, e xml);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL, ALTER d SET STORAGE EXTERNAL, ALTER e SET STORAGE EXTERNAL;
ALTER TABLE t SET (toast_tuple_target = 128);
INSERT INTO t VALUES (1, 1, repeat('x', 2100), repeat('x', 2100), 'c', repeat('x', 2100), xmlparse(content repeat('x', 2100)));
-- STREAM
UPDATE t SET n = 2;
UPDATE t SET a = 'short';
UPDATE t SET id = 2;
