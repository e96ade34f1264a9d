-- Names that need quotes: schema, table and column.
-- variant base
-- variant schemas schemas.enable=true
CREATE SCHEMA "Quoted_"" . Schema";
CREATE TABLE "Quoted_"" . Schema"."Quoted_"" . Table" ("i d" int PRIMARY KEY, "Quoted_"" . Text_Column" text, "ž😀" int);
-- STREAM
INSERT INTO "Quoted_"" . Schema"."Quoted_"" . Table" VALUES (1, 'x', 2);
UPDATE "Quoted_"" . Schema"."Quoted_"" . Table" SET "i d" = 2;
