-- xml is a string.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a xml, b xml NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, '<foo><bar a="1">ž</bar></foo>', '<a/>'), (2, NULL, 'text &amp; more'), (3, '<?xml version="1.0" encoding="UTF-8"?><a/>', '<![CDATA[x]]>');
DELETE FROM t WHERE id = 1;
