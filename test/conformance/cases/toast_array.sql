-- Unchanged long arrays: 28 integers, a UUID, null.
-- variant base
-- variant schemas schemas.enable=true
-- variant isostring time.precision.mode=isostring
CREATE TABLE t (id int PRIMARY KEY, n int, a int[], b bigint[], c smallint[], d text[], e uuid[], f date[], g float8[], h numeric(9,2)[], i timestamp[], j timestamptz[], k inet[], l boolean[], m bytea[], o json[], p oid[], q time[]);
DO $$
DECLARE a text;
BEGIN
	FOR a IN SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 2 LOOP
		EXECUTE format('ALTER TABLE t ALTER COLUMN %I SET STORAGE EXTERNAL', a);
	END LOOP;
END $$;
ALTER TABLE t SET (toast_tuple_target = 128);
INSERT INTO t SELECT 1, 1, array_agg(g), array_agg(g), array_agg(g), array_agg('x' || g), array_agg('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid), array_agg('2020-01-01'::date + g), array_agg(g), array_agg(g), array_agg('2020-01-01'::timestamp), array_agg('2020-01-01 00:00+00'::timestamptz), array_agg('10.0.0.1'::inet), array_agg(true), array_agg('\x0102'::bytea), array_agg('1'::json), array_agg(g::oid), array_agg('12:00'::time) FROM generate_series(1, 2100) g;
-- STREAM
UPDATE t SET n = 2;
