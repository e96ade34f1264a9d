-- A domain over an enum: the connector does not start, here is an event.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN dmood AS mood;
CREATE TABLE t (id int PRIMARY KEY, a dmood);
-- STREAM
INSERT INTO t VALUES (1, 'ok');
