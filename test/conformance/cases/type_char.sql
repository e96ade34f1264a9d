-- char(n) keeps its blanks; "char" is one byte.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id char(5) PRIMARY KEY, a char, b char(10), c "char", d bpchar, e char(3) NOT NULL);
-- STREAM
INSERT INTO t VALUES ('ab', 'x', 'žš', 'q', 'no end  ', 'abc'), ('', NULL, '', '', '  ', ''), ('12345', ' ', '😀', E'\\377', NULL, 'a');
DELETE FROM t;
