-- What happens in the bank.  Each part runs in a session of its own.
-- STEP Anna opens an account: one transaction, three inserts
BEGIN;
INSERT INTO customers (id, name, email, born, address)
	VALUES (1, 'Anna Müller', 'anna@example.com', '1984-02-29', '{"city": "Köln", "zip": "50667"}');
INSERT INTO accounts (iban, customer_id, balance) VALUES ('DE02120300000000202051', 1, 1500);
INSERT INTO transactions (iban, amount, city, place, tags)
	VALUES ('DE02120300000000202051', 1500, 'Köln', '(6.9583,50.9413)', '{opening,cash}');
COMMIT;
-- STEP Boris too; his contract is 5 kB long
INSERT INTO customers (id, name, born, contract) VALUES (2, 'Boris "Bo" Ivanov', '1990-12-31', repeat('§1 ... ', 700));
INSERT INTO accounts VALUES ('FR1420041010050500013M02606', 2, 'joint', 'EUR', 20.05);
-- STEP Anna pays Boris: with REPLICA IDENTITY FULL, "before" has the whole old row
BEGIN;
UPDATE accounts SET balance = balance - 250.10 WHERE customer_id = 1;
UPDATE accounts SET balance = balance + 250.10 WHERE customer_id = 2;
INSERT INTO transactions (iban, amount, city, tags) VALUES ('DE02120300000000202051', -250.10, 'Paris', '{rent}');
COMMIT;
-- STEP An update without the old row: "before" is null, for the log does not hold it
UPDATE customers SET email = 'bo@example.com' WHERE id = 2;
-- STEP A change of heart: rolled back, so nothing follows
BEGIN;
UPDATE accounts SET balance = 0;
ROLLBACK;
-- STEP Half of a change of heart: only what is outside the savepoint counts
BEGIN;
INSERT INTO transactions (iban, amount, city) VALUES ('DE02120300000000202051', -9.99, 'Lyon');
SAVEPOINT s;
DELETE FROM transactions;
ROLLBACK TO s;
COMMIT;
-- STEP The schema changes in mid-transaction: each event has the columns of its moment
BEGIN;
INSERT INTO transactions (iban, amount) VALUES ('DE02120300000000202051', -1);
ALTER TABLE transactions ADD fee numeric(6,2) NOT NULL DEFAULT 0.05, DROP place;
INSERT INTO transactions (iban, amount) VALUES ('DE02120300000000202051', -2);
COMMIT;
-- STEP One row of every common type
INSERT INTO every_type VALUES (1,
	true, -32768, 2147483647, 9223372036854775807, 1.1, 6.02214076e23,
	1234567.891, 0.000000001, '12.34',
	'abc', 'größe', E'two\nlines and a "quote"', '\xdeadbeef', B'10100101', B'101',
	'2024-02-29', '23:59:59.123456', '12:00:00+02', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789+01', '1 mon 2 days 3 hours',
	'123e4567-e89b-12d3-a456-426614174000', '{"a": [1, 2]}', '{"b": null}', '<x>1</x>', 'k => v, n => NULL', 'savings',
	'192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '(1.5,-2)', '[1,10)', '[2024-01-01 00:00+00,)',
	'{1,2,NULL}', '{"a b",c}', '{2024-01-01,infinity}');
INSERT INTO every_type (id) VALUES (2);
-- STEP A logical message travels with the data
SELECT pg_logical_emit_message(true, 'bank.audit', '{"clerk": 7, "reason": "merger"}');
-- STEP Customer 2 becomes 102: a new key is a delete and a create, and the accounts follow
UPDATE customers SET id = 102 WHERE id = 2;
-- STEP Boris leaves
BEGIN;
DELETE FROM accounts WHERE customer_id = 102;
DELETE FROM customers WHERE id = 102;
COMMIT;
-- STEP A new year
TRUNCATE transactions;
