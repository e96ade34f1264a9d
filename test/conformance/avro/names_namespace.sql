-- A namespace is not adjusted unless asked for.
CREATE TABLE "1-t" (id int PRIMARY KEY);
-- STREAM
INSERT INTO "1-t" VALUES (1);
