-- A table that is made, altered and filled in one transaction.
CREATE TABLE t (id int PRIMARY KEY);
-- STREAM
BEGIN;
CREATE TABLE n (id int PRIMARY KEY, v text);
INSERT INTO n VALUES (1, 'x');
ALTER TABLE n ADD w int;
INSERT INTO n VALUES (2, 'y', 3);
ALTER TABLE n DROP v;
INSERT INTO n VALUES (4, 5);
COMMIT;
