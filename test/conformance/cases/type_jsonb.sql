-- jsonb is printed as the server does: order, numbers, nesting, escapes.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a jsonb, b jsonb NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, ' { "bb" : 1.50 , "a" : [ ] , "bb" : null } ', '1e5'), (2, '"text \u00e9 \n \" \\ /"', 'null'), (3, NULL, '[{"a":[1,2,{"b":{}}]},[],""]'), (4, '-0.0', 'true'), (5, '123456789012345678901234567890.12345678901234567890', '{"":0}'), (6, '"\ud83d\ude00"', '{"žš":"日本"}');
