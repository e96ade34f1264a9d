-- money.fraction.digits from 0 to 4, with rounding.
-- variant digits0 money.fraction.digits=0
-- variant digits1 money.fraction.digits=1
-- variant digits1_string money.fraction.digits=1 decimal.handling.mode=string
-- variant digits3 money.fraction.digits=3
-- variant digits4_schemas money.fraction.digits=4 schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a money);
-- STREAM
INSERT INTO t VALUES (1, 0.05), (2, 0.15), (3, 0.25), (4, 2.50), (5, 3.50), (6, -0.05), (7, -1234.55), (8, NULL), (9, 0);
