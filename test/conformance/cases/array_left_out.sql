-- Arrays that are always left out: money, name, interval, varbit, xml, point.
-- variant base
-- variant unknown include.unknown.datatypes=true
CREATE TABLE t (id int PRIMARY KEY, a money[], b name[], c interval[], d varbit[], e xml[], f point[], v int);
-- STREAM
INSERT INTO t VALUES (1, '{1.5}', '{n}', '{1 hour}', '{101}', '{<a/>}', '{"(1,1)"}', 1);
