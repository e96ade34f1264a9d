-- TRUNCATE of several tables, with CASCADE.
-- variant base skipped.operations=none
-- variant schemas skipped.operations=none schemas.enable=true
-- variant transactions skipped.operations=none provide.transaction.metadata=true
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
CREATE TABLE c (id int);
-- STREAM
INSERT INTO a VALUES (1);
TRUNCATE c, a CASCADE;
TRUNCATE c RESTART IDENTITY;
