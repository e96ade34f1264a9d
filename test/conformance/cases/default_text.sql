-- Defaults of character types: quotes, functions, expressions.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'abc', b text DEFAULT '', c text DEFAULT 'it''s', d text DEFAULT 'NULL', e text DEFAULT NULL, f text DEFAULT upper('x'), g text DEFAULT 'a' || 'b', h text DEFAULT current_user, i varchar(10) DEFAULT 'vv', j char(4) DEFAULT 'c', k text DEFAULT CASE WHEN true THEN 'a' ELSE 'b' END, l text DEFAULT E'a\nb\\c', m text NOT NULL DEFAULT 'nn', n varchar(3) DEFAULT 'ab', o text DEFAULT 'žš "😀"', p text DEFAULT 'NULL::character varying');
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x', NULL, NULL, NULL);
DELETE FROM t;
