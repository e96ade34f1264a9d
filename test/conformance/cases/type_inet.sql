-- inet and cidr, of both families.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id inet PRIMARY KEY, a inet, b cidr, c inet NOT NULL);
-- STREAM
INSERT INTO t VALUES ('192.168.0.1', '192.168.0.1/24', '10.0.0.0/8', '::1'), ('2001:db8::1/64', NULL, '2001:db8::/32', '0.0.0.0/0'), ('::ffff:1.2.3.4', '255.255.255.255', NULL, '::/0');
DELETE FROM t;
