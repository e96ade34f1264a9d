-- bit(1) is a boolean, bit(n) little-endian bytes.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a bit, b bit(1) NOT NULL, c bit(2), d bit(7), e bit(8), f bit(9), g bit(64), h bit(65));
-- STREAM
INSERT INTO t VALUES (1, B'1', B'0', B'11', B'0000001', B'10000000', B'100000000', (B'1' || repeat('0', 63)::varbit)::bit(64), (B'1' || repeat('0', 64)::varbit)::bit(65)), (2, NULL, B'1', B'00', B'0000000', B'00000000', B'000000001', repeat('1', 64)::bit(64), repeat('0', 65)::bit(65)), (3, B'0', B'1', NULL, NULL, NULL, NULL, NULL, NULL);
DELETE FROM t;
