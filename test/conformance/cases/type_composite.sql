-- Composite types are unknown: left out, or their text.
-- variant base
-- variant unknown include.unknown.datatypes=true
-- variant unknown_schemas include.unknown.datatypes=true schemas.enable=true
CREATE TYPE comp AS (a int, b text, c date);
CREATE TABLE t (id int PRIMARY KEY, a comp, b comp NOT NULL, v int);
-- STREAM
INSERT INTO t VALUES (1, ROW(1, 'a "b", c', '2020-01-01'), ROW(NULL, '', NULL), 1), (2, NULL, ROW(NULL, NULL, NULL), NULL);
