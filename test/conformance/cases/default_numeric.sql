-- Defaults of numeric and money: scale, rounding, exponents.
-- variant base
-- variant schemas schemas.enable=true
-- variant string decimal.handling.mode=string schemas.enable=true
-- variant double decimal.handling.mode=double schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a numeric DEFAULT 1.5, b numeric(5,2) DEFAULT 1.5, c numeric(5,2) DEFAULT -1.255, d numeric(10,4) DEFAULT 1e2, e numeric(5,2) DEFAULT 1.005, f money DEFAULT 1.5, g numeric(5,2) DEFAULT 1 + 2, h numeric(5,2) NOT NULL DEFAULT 7);
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
DELETE FROM t;
