-- A partition whose columns stand in another order.
CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE p1 (x int, v text, id int NOT NULL);
ALTER TABLE p1 DROP x;
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10);
-- STREAM
INSERT INTO p VALUES (1, 'x');
DELETE FROM p;
