-- Types that are strings, and text with escapes.
CREATE TABLE t (id int PRIMARY KEY, c char(5), v varchar(10), t text, j jsonb, u uuid, x xml, i inet, b bytea, bits bit(3), vb varbit(20), b1 bit(1));
-- STREAM
INSERT INTO t VALUES (1, 'a', 'é', '', '{"a": 1}', '11111111-2222-3333-4444-555555555555', '<a/>', '10.0.0.1', '\x00ff', B'101', B'1111000011110000', B'1');
INSERT INTO t VALUES (2, NULL, '😀', repeat('x', 100), NULL, NULL, NULL, NULL, '', B'000', B'', B'0');
INSERT INTO t (id) VALUES (3);
