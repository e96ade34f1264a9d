-- box, circle, line, lseg, path and polygon are unknown, and printed by the driver.
-- variant base
-- variant unknown include.unknown.datatypes=true
-- variant unknown_schemas include.unknown.datatypes=true schemas.enable=true
-- variant unknown_hex include.unknown.datatypes=true binary.handling.mode=hex
CREATE TABLE t (id int PRIMARY KEY, a box, b circle, c line, d lseg, e path, f path, g polygon);
-- STREAM
INSERT INTO t VALUES (1, '(1,1),(0,0)', '<(10,20),10>', '{-1,0,0}', '[(0,0),(0,1)]', '((0,0),(0,1),(0,2))', '[(0,0),(1e10,1e-5)]', '((0,0),(0,1),(1,0))'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '(0.1,NaN),(-Infinity,5)', '<(1e300,0),0.5>', '{1,2,3.5}', '[(1.5,2.5),(3,4)]', '((1,1))', '[(1,1)]', '((1,1))');
