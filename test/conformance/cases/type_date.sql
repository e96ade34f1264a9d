-- date: epoch days, before the epoch, years of five digits, eras.
-- variant base
-- variant schemas schemas.enable=true
-- variant connect time.precision.mode=connect
-- variant isostring time.precision.mode=isostring
-- variant isostring_schemas time.precision.mode=isostring schemas.enable=true
CREATE TABLE t (id date PRIMARY KEY, a date, b date NOT NULL);
-- STREAM
INSERT INTO t VALUES ('1970-01-01', '1969-12-31', '2016-11-04'), ('2000-02-29', NULL, '1900-02-28'), ('0001-01-01', '0044-03-15 BC', '4713-01-01 BC'), ('9999-12-31', '10000-01-01', '5874897-12-31'), ('1582-10-15', '1582-10-04', '0001-12-31 BC');
DELETE FROM t;
