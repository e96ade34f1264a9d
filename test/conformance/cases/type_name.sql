-- name: null, or the empty string if not null.
-- variant base
-- variant schemas schemas.enable=true
-- variant unknown include.unknown.datatypes=true
CREATE TABLE t (id int PRIMARY KEY, a name, b name NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 'some_name', 'other'), (2, NULL, '');
DELETE FROM t;
