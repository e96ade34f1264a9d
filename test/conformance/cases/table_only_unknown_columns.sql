-- A table of which no column is known.
CREATE TABLE t (a circle, b box);
-- STREAM
INSERT INTO t VALUES ('<(1,1),1>', '(1,1),(0,0)');
