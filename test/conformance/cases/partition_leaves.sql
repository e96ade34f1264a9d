-- Rows of partitions come under the partition's name.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
-- STREAM
INSERT INTO p VALUES (1, 'x'), (11, 'y');
UPDATE p SET v = 'z' WHERE id = 1;
UPDATE p SET id = 12 WHERE id = 1;
DELETE FROM p;
