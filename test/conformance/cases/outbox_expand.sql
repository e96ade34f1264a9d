-- An outbox whose payload is expanded to a struct.
-- set transforms=outbox
-- set transforms.outbox.type=io.debezium.transforms.outbox.EventRouter
-- set transforms.outbox.table.expand.json.payload=true
-- variant base
-- variant schemas schemas.enable=true
-- variant nulls transforms.outbox.table.json.payload.null.behavior=optional_bytes schemas.enable=true
-- variant nulls_plain transforms.outbox.table.json.payload.null.behavior=optional_bytes
-- variant envelope transforms.outbox.table.fields.additional.placement=type:envelope schemas.enable=true
-- variant tombstones transforms.outbox.route.tombstone.on.empty.payload=true
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL, aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload json);
-- STREAM
INSERT INTO outbox SELECT ('a0eebc99-9c0b-4ef8-bb6d-' || lpad(n::text, 12, '0'))::uuid, 'order', n, 'T', p::json FROM (VALUES
	(1, '{"id": 42, "big": 5000000000, "price": 1.50, "exponent": 1e3, "yes": true, "no": false, "text": "a \"quoted\" ž \u0041\n"}'),
	(2, '{"z": 1, "a": {"b": {"c": "deep"}, "empty": {}}, "list": [1, 2, 3], "texts": ["a", "b"], "none": [], "null": null}'),
	(3, '{"lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}], "same": [{"x": 1}]}'),
	(4, '{"twice": 1, "other": 2, "twice": "three"}'),
	(5, '{"nested": [[1, 2], [3]], "with null": ["a", null], "objects": [{"p": {"q": 1}}, null]}'),
	(6, '{}'),
	(7, '{"minus": -1, "zero": 0.0, "int": 2147483647, "long": 2147483648, "small": -2147483649}'),
	(8, '"only text"'),
	(9, NULL)) AS v (n, p);
