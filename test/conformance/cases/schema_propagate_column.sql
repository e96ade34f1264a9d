-- column.propagate.source.type: type, length, scale, comment.
-- set column.propagate.source.type=public.t.(a|b|c|d|e|f|g)
-- set schemas.enable=true
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN num AS numeric(7,3);
CREATE TABLE t (id int PRIMARY KEY, a varchar(2), b numeric(5,2), c text, d mood, e num, f int[], g timestamp(3), h int);
-- STREAM
INSERT INTO t VALUES (1, 'x', 1.5, 'y', 'ok', 2.5, '{1}', '2020-01-01', 5);
