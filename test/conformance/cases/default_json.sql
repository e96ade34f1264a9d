-- Defaults of json, jsonb, xml and uuid.
-- variant base
-- variant schemas schemas.enable=true
CREATE TABLE t (id int PRIMARY KEY, a json DEFAULT '{"a": 1}', b jsonb DEFAULT '{"a":1}', c json DEFAULT json_build_object('a', 1), d uuid DEFAULT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', e uuid DEFAULT gen_random_uuid(), f xml DEFAULT '<a/>', g jsonb DEFAULT '{"a": "it''s"}');
-- STREAM
INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
