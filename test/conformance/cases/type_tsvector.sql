-- tsvector is a string, tsquery unknown.
-- variant base
-- variant schemas schemas.enable=true
-- variant unknown include.unknown.datatypes=true
CREATE TABLE t (id int PRIMARY KEY, a tsvector, b tsquery, c tsvector NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 'a fat cat:3A sat''s', 'fat & (rat | cat) & !dog', ''), (2, NULL, NULL, '''it''''s'':1,2B');
