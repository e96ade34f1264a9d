-- Long values that are logged: inserted, changed.
CREATE TABLE t (id int PRIMARY KEY, a text, b bytea, c jsonb);
ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE MAIN;
-- STREAM
INSERT INTO t VALUES (1, repeat('ž', 1500), decode(repeat('ab', 2100), 'hex'), to_jsonb(repeat('x', 2100)));
UPDATE t SET a = repeat('y', 2100);
