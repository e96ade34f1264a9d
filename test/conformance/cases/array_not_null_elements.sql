-- A NOT NULL array that the connector cannot convert: it stops, here is an event.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, a mood[] NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '{sad}');
-- SYNC
INSERT INTO t VALUES (2, '{sad,NULL}');
INSERT INTO t VALUES (3, '{ok}');
