-- varbit: its length follows the content.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a varbit, b varbit(24), c varbit(1), d varbit NOT NULL);
-- STREAM
INSERT INTO t VALUES (1, B'101', B'000000110000001000000001', B'1', B''), (2, NULL, B'00', B'', B'0'), (3, repeat('10', 50)::varbit, B'', NULL, B'11111111');
DELETE FROM t WHERE id = 1;
