-- datatype.propagate.source.type.
-- set datatype.propagate.source.type=.+\.(numeric|varchar|int4)
-- set schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a varchar(2), b numeric(5,2), c text, d bigint);
-- STREAM
INSERT INTO t VALUES (1, 'x', 1.5, 'y', 5);
