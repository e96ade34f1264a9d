-- ALTER TYPE ADD VALUE in mid-stream.
-- variant base
-- variant schemas schemas.enable=true
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id int PRIMARY KEY, a mood);
-- STREAM
INSERT INTO t VALUES (1, 'ok');
-- SYNC
ALTER TYPE mood ADD VALUE 'happy' AFTER 'sad';
-- SYNC
INSERT INTO t VALUES (2, 'happy');
