-- Unchanged long values of unknown types and of domains.
-- variant base
-- variant unknown include.unknown.datatypes=true
-- variant unknown_hex include.unknown.datatypes=true binary.handling.mode=hex
CREATE TYPE comp AS (a text);
CREATE DOMAIN dtx AS text;
CREATE TABLE t (id int PRIMARY KEY, n int, a comp, b dtx, c path, d polygon);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL, ALTER d SET STORAGE EXTERNAL;
INSERT INTO t VALUES (1, 1, ROW(repeat('x', 2100)), repeat('x', 2100), ('(' || repeat('(1,1),', 200) || '(0,0))')::path, ('(' || repeat('(1,1),', 200) || '(0,0))')::polygon);
-- STREAM
UPDATE t SET n = 2;
