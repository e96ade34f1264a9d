-- json keeps its text: blanks, duplicate members, order.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a json, b json NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, ' { "b" : 1.50 , "a" : [ ] , "b" : null } ', '1e5'), (2, '"text \u00e9 \n"', 'null'), (3, NULL, E'{\n\t"x": "y"}'), (4, '-0.0', '[]');
