-- An enum is a string.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
CREATE TABLE t (id int PRIMARY KEY, m mood, n mood NOT NULL DEFAULT 'ok', a mood[]);
-- STREAM
INSERT INTO t VALUES (1, 'sad', 'very happy', '{sad,ok}');
-- SYNC
ALTER TYPE mood ADD VALUE 'meh';
-- SYNC
INSERT INTO t VALUES (2, 'meh');
