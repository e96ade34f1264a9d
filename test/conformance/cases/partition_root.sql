-- publish.via.partition.root: rows come under the topmost table's name.
-- variant base publish.via.partition.root=true
-- variant schemas publish.via.partition.root=true schemas.enable=true
CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
CREATE TABLE p1a PARTITION OF p1 FOR VALUES FROM (0) TO (5);
CREATE TABLE p2 (v text, id int PRIMARY KEY);
ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20);
-- STREAM
INSERT INTO p VALUES (1, 'x'), (11, 'y');
UPDATE p SET v = 'z';
UPDATE p SET id = 12 WHERE id = 1;
DELETE FROM p;
