-- Arrays of inet, cidr, macaddr.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a inet[], b cidr[], c macaddr[], d macaddr8[]);
-- STREAM
INSERT INTO t VALUES (1, '{10.0.0.1/8,NULL}', '{10.0.0.0/8}', '{08:00:2b:01:02:03}', '{08:00:2b:01:02:03:04:05}'), (2, NULL, '{}', NULL, NULL);
