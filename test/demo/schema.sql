-- A small bank.
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE SCHEMA bank;
SET search_path = bank, public;

CREATE TYPE account_kind AS ENUM ('current', 'savings', 'joint');

CREATE TABLE customers (
	id int PRIMARY KEY,
	name text NOT NULL,
	email text,
	born date,
	address jsonb,
	contract text,
	since timestamptz NOT NULL DEFAULT now()
);
-- Long texts are stored out of line, so that an update may leave them there.
ALTER TABLE customers ALTER contract SET STORAGE EXTERNAL;

CREATE TABLE accounts (
	iban varchar(34) PRIMARY KEY,
	customer_id int NOT NULL REFERENCES customers ON UPDATE CASCADE,
	kind account_kind NOT NULL DEFAULT 'current',
	currency char(3) NOT NULL DEFAULT 'EUR',
	balance numeric(14,2) NOT NULL DEFAULT 0
);
-- The whole old row goes into the log: "before" is complete.
ALTER TABLE accounts REPLICA IDENTITY FULL;

CREATE TABLE transactions (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	iban varchar(34) NOT NULL REFERENCES accounts,
	amount numeric(14,2) NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	city text,
	place point,
	tags text[]
);

CREATE TABLE every_type (
	id bigint PRIMARY KEY,
	c_bool bool, c_int2 smallint, c_int4 int, c_int8 bigint, c_real real, c_double double precision,
	c_numeric numeric(10,3), c_decimal numeric, c_money money,
	c_char char(5), c_varchar varchar(20), c_text text, c_bytea bytea, c_bit bit(8), c_varbit varbit,
	c_date date, c_time time, c_timetz timetz, c_timestamp timestamp, c_timestamptz timestamptz, c_interval interval,
	c_uuid uuid, c_json json, c_jsonb jsonb, c_xml xml, c_hstore hstore, c_enum account_kind,
	c_inet inet, c_cidr cidr, c_macaddr macaddr, c_point point, c_range int4range, c_tsrange tstzrange,
	c_int_array int[], c_text_array text[], c_date_array date[]
);
