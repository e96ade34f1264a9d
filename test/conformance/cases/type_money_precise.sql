-- money as Decimal.
-- variant base
-- variant schemas schemas.enable=true
-- variant number decimal.format=NUMERIC
CREATE TABLE t (id int PRIMARY KEY, a money, b money NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, 1234.11, 0), (2, -1234.11, '92233720368547758.07'), (3, NULL, '-92233720368547758.08'), (4, 0.01, -0.01);
DELETE FROM t WHERE id = 1;
