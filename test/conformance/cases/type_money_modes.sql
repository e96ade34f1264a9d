-- money as string and as double.
-- variant string decimal.handling.mode=string
-- variant string_schemas decimal.handling.mode=string schemas.enable=true
-- variant double decimal.handling.mode=double
CREATE TABLE t (id int PRIMARY KEY, a money, b money NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 1234.11, 0), (2, -1234.11, '92233720368547758.07'), (3, NULL, '-92233720368547758.08'), (4, 0.01, -0.01);
