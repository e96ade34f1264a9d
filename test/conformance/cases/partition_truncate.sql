-- TRUNCATE of a partitioned table.
-- variant leaves skipped.operations=none
-- variant root skipped.operations=none publish.via.partition.root=true
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
-- STREAM
TRUNCATE p;
TRUNCATE p1;
