-- Numbers of the extension isn are strings.
-- needs isn
-- variant base
-- variant schemas schemas.enable=true
CREATE EXTENSION isn;
CREATE TABLE t (id int PRIMARY KEY, a isbn, b isbn13, c ean13, d issn, e upc);
-- STREAM
INSERT INTO t VALUES (1, '978-0-393-04002-9', '978-0-393-04002-9', '978-0-393-04002-9', '1436-4522', '220356483481'), (2, NULL, NULL, NULL, NULL, NULL);
