-- The order of data_collections is Java's.
-- set provide.transaction.metadata=true
CREATE SCHEMA s2;
DO $$ BEGIN FOR i IN 1..14 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY); CREATE TABLE s2.x%s (id int PRIMARY KEY)', i, i); END LOOP; END $$;
-- STREAM
DO $$ BEGIN FOR i IN 1..14 LOOP EXECUTE format('INSERT INTO t%s VALUES (1); INSERT INTO s2.x%s VALUES (2)', i, i); END LOOP; END $$;
