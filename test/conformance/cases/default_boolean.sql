-- Defaults of booleans.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a boolean DEFAULT true, b boolean DEFAULT false, c boolean DEFAULT (NOT true), d boolean DEFAULT (1 = 1), e boolean NOT NULL DEFAULT true);
-- STREAM
INSERT INTO t (id) VALUES (1);
INSERT INTO t VALUES (2, NULL, NULL, NULL, NULL, false);
