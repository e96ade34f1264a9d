#!/bin/sh
# equality.sh: no fast path is another answer.  Some seven million values, at
# random and at the ends of their ranges, against the server's own output
# functions: arrays of a thousand, because an array is one event and one
# comparison, and its elements go through the encoders of columns.
set -u

db=equality
cleanup() {
	psql -Xq -d postgres -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '$db'" \
		-c "DROP DATABASE IF EXISTS $db" >/dev/null 2>&1
}
trap cleanup EXIT
cleanup
psql -Xq -d postgres -c "CREATE DATABASE $db TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'" || exit 1

out=$(psql -XqAt -v ON_ERROR_STOP=1 -d "$db" <<-'EOS'
	SET TimeZone = 'UTC';
	SET DateStyle = 'ISO, YMD';
	SET extra_float_digits = 1;
	SET client_min_messages = warning;
	SET synchronous_commit = on;
	SELECT setseed(0.125) \g /dev/null

	CREATE TABLE v (id serial PRIMARY KEY, i bigint[], n numeric[], p numeric(18,4)[], f float8[], r float4[], d date[], s timestamp[],
		z timestamptz[], u uuid[], t text[], j jsonb[]);
	SELECT pg_create_logical_replication_slot('equality', 'cdc_json') \g /dev/null

	-- integers of every length
	INSERT INTO v (i) SELECT array_agg(x) FROM (SELECT g, CASE WHEN random() < 0.5 THEN -1 ELSE 1 END * (random() * 9223372036854774784)::bigint >> (random() * 63)::int AS x
		FROM generate_series(1, 400000) g) _ GROUP BY g / 1000;
	INSERT INTO v (i) SELECT array_agg(x) FROM (SELECT (10::numeric ^ e + k)::bigint * sign AS x FROM generate_series(0, 18) e, generate_series(-2, 2) k, (VALUES (1), (-1)) _(sign)) _;
	INSERT INTO v (i) VALUES ('{9223372036854775807,-9223372036854775808,0}');
	-- numerics of every weight and scale, short and long on disk, with zeros at both ends
	INSERT INTO v (n) SELECT array_agg(x) FROM (SELECT g, round((random()::numeric * 2 - 1) * 10::numeric ^ (random() * 60 - 30)::int, (random() * 40)::int)
		* CASE (random() * 5)::int WHEN 0 THEN 10000 WHEN 1 THEN 1.0000 ELSE 1 END AS x FROM generate_series(1, 400000) g) _ GROUP BY g / 1000;
	INSERT INTO v (n) SELECT array_agg(sign * 10::numeric ^ e * m) FROM generate_series(-400, 400) e, (VALUES (1), (-1)) _(sign), (VALUES (1::numeric), (9999.9999), (10000), (0.5)) __(m) GROUP BY e / 10;
	INSERT INTO v (n) SELECT ARRAY[(repeat('1234567890', 100 * g) || '.' || repeat('09', 200 * g))::numeric, ('-0.' || repeat('0', 1000 * g) || '12300')::numeric] FROM generate_series(1, 16) g;
	INSERT INTO v (p) SELECT array_agg(x) FROM (SELECT g, ((random() * 2 - 1) * 10 ^ (random() * 17 - 4))::numeric(18,4) AS x FROM generate_series(1, 400000) g) _ GROUP BY g / 1000;
	INSERT INTO v (p) SELECT array_agg(sign * (2::numeric ^ e + k) / 10000) FROM generate_series(0, 59) e, generate_series(-2, 2) k, (VALUES (1), (-1)) _(sign);
	-- doubles and floats: every exponent, with mantissas at random and at both ends
	INSERT INTO v (f) SELECT array_agg(sign * m * power(2::float8, e)) FROM generate_series(-1022, 1023) e, generate_series(1, 200) k,
		LATERAL (SELECT CASE k WHEN 1 THEN 1 WHEN 2 THEN 1 + power(2::float8, -52) WHEN 3 THEN 2 - power(2::float8, -52) ELSE 1 + floor(random() * 4503599627370496 + e * 0) * power(2::float8, -52) END AS m) _,
		LATERAL (SELECT CASE WHEN random() + k * 0 < 0.5 THEN -1 ELSE 1 END AS sign) __ GROUP BY e;
	INSERT INTO v (f) SELECT array_agg(floor(random() * power(2::float8, b)) * power(2::float8, -1074)) FROM generate_series(1, 52) b, generate_series(1, 200) k GROUP BY b;
	INSERT INTO v (f) SELECT array_agg(x) FROM (SELECT g, ((random() * 2 - 1) * 10 ^ (random() * 12))::numeric(20,2)::float8 AS x FROM generate_series(1, 200000) g) _ GROUP BY g / 1000;
	INSERT INTO v (r) SELECT array_agg((sign * m * power(2::float8, e))::float4) FROM generate_series(-126, 127) e, generate_series(1, 1000) k,
		LATERAL (SELECT CASE k WHEN 1 THEN 1 WHEN 2 THEN 1 + power(2::float8, -23) WHEN 3 THEN 2 - power(2::float8, -23) ELSE 1 + floor(random() * 8388608 + e * 0) * power(2::float8, -23) END AS m) _,
		LATERAL (SELECT CASE WHEN random() + k * 0 < 0.5 THEN -1 ELSE 1 END AS sign) __ GROUP BY e;
	-- dates: every day of the years that both spell alike, and all ends as numbers; timestamps over the whole range
	INSERT INTO v (d) SELECT array_agg(date '0001-01-01' + g) FROM generate_series(0, date '9999-12-31' - date '0001-01-01') g GROUP BY g / 1000;
	INSERT INTO v (d) SELECT array_agg(x) FROM (SELECT g, date '4713-11-24 BC' + (random() * 2147483493)::int AS x FROM generate_series(1, 200000) g) _ GROUP BY g / 1000;
	INSERT INTO v (d) VALUES ('{4713-11-24 BC,5874897-12-31,0001-01-01 BC,1969-12-31,1970-01-01}');
	INSERT INTO v (s) SELECT array_agg(x) FROM (SELECT g, timestamp '0001-01-01' + (random() * 3652058)::int * interval '1 day'
		+ (random() * 86399999999)::bigint / power(10, (random() * 6)::int)::bigint * power(10, (random() * 6)::int)::bigint % 86400000000 * interval '1 microsecond' AS x
		FROM generate_series(1, 300000) g) _ WHERE x < '10000-01-01' GROUP BY g / 1000;
	INSERT INTO v (s) SELECT array_agg(x) FROM (SELECT g, timestamp '4713-11-24 BC' + (random() * 100000000)::int * interval '1 day' + (random() * 86399999999)::bigint * interval '1 microsecond' AS x
		FROM generate_series(1, 200000) g) _ GROUP BY g / 1000;
	INSERT INTO v (s) VALUES ('{4713-11-24 BC,294246-12-31 23:59:59.999999,0001-12-31 23:59:59.999999 BC,1969-12-31 23:59:59.999999,1970-01-01}');
	INSERT INTO v (z) SELECT array_agg(x) FROM (SELECT g, timestamptz '0001-01-01' + (random() * 3652058)::int * interval '1 day' + (random() * 86399999999)::bigint * interval '1 microsecond' AS x
		FROM generate_series(1, 200000) g) _ WHERE x < '10000-01-01' GROUP BY g / 1000;
	-- uuids; texts of every length and alignment, with each special character at each place
	INSERT INTO v (u) SELECT array_agg(md5(random()::text)::uuid) FROM generate_series(1, 200000) g GROUP BY g / 1000;
	INSERT INTO v (t) SELECT array_agg(left(repeat('abcdefgh', 8), a) || c || left(repeat('zyxwvuts', 8), b))
		FROM generate_series(0, 34) a, generate_series(0, 34) b,
			unnest(ARRAY['', '"', '\', E'\n', E'\x01', E'\x1f', ' ', '~', E'\x7f', 'é', '߿', 'ࠀ', '퟿', '', '￿', '𐀀', '😀', '"\', 'é"é']) c GROUP BY a;
	INSERT INTO v (t) SELECT array_agg(x) FROM (SELECT g, string_agg(CASE WHEN random() < 0.9 THEN chr(32 + (random() * 94)::int) WHEN random() < 0.5 THEN chr(1 + (random() * 30)::int)
		ELSE chr(160 + (random() * 50000)::int) END, '') AS x FROM generate_series(1, 20000) g, generate_series(1, 40) k GROUP BY g) _ GROUP BY g / 1000;
	-- documents of every shape: random values in objects and arrays, nested up to ten deep
	CREATE FUNCTION document(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
	DECLARE
		kind int := CASE WHEN depth > 0 THEN random() * 9 ELSE random() * 6 END;
	BEGIN
		RETURN CASE kind
			WHEN 0 THEN 'null' WHEN 1 THEN to_jsonb(random() < 0.5)
			WHEN 2 THEN to_jsonb(round((random()::numeric - 0.5) * 10::numeric ^ (random() * 30)::int, (random() * 20)::int))
			WHEN 3 THEN to_jsonb((random() * 1000)::int) WHEN 4 THEN to_jsonb(left(repeat('text ', 30), (random() * 130)::int))
			WHEN 5 THEN to_jsonb(left(md5(random()::text), (random() * 20)::int) || (ARRAY['"', '\', E'\n', E'\x01', 'é', '😀', '/'])[1 + (random() * 6)::int])
			WHEN 6 THEN to_jsonb(md5(random()::text))
			WHEN 7 THEN coalesce((SELECT jsonb_agg(document(depth - 1)) FROM generate_series(1, (random() * 4)::int)), '[]')
			ELSE coalesce((SELECT jsonb_object_agg(left(md5(random()::text), (random() * 12)::int) || CASE WHEN random() < 0.1 THEN '"' ELSE '' END, document(depth - 1))
				FROM generate_series(1, (random() * 4)::int)), '{}') END;
	END $$;
	INSERT INTO v (j) SELECT array_agg(document(g % 10)) FROM generate_series(1, 60000) g GROUP BY g / 1000;

	CREATE FUNCTION cells(VARIADIC options text[]) RETURNS TABLE (id int, after json) LANGUAGE sql AS $$
		SELECT (data::json->'after'->>'id')::int, data::json->'after' FROM pg_logical_slot_peek_changes('equality', NULL, NULL, VARIADIC options)
	$$;
	CREATE TEMP TABLE texts AS SELECT * FROM cells('decimal.handling.mode', 'string', 'time.precision.mode', 'isostring');
	CREATE TEMP TABLE numbers AS SELECT * FROM cells('decimal.handling.mode', 'precise');

	-- name, values, how many of them (of the arrays, where they are compared whole) are not what the server prints
	CREATE FUNCTION strings(a anyarray) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '["' || array_to_string(a, '","') || '"]' $$;
	SELECT 'bigint', sum(cardinality(i)), count(*) FILTER (WHERE (after->'i')::text IS DISTINCT FROM '[' || array_to_string(i, ',') || ']') FROM v LEFT JOIN texts USING (id) WHERE i IS NOT NULL;
	SELECT 'numeric', sum(cardinality(n)), count(*) FILTER (WHERE (after->'n')::text IS DISTINCT FROM strings(n)) FROM v LEFT JOIN texts USING (id) WHERE n IS NOT NULL;
	SELECT 'date', sum(cardinality(d)), count(*) FILTER (WHERE (after->'d')::text IS DISTINCT FROM '["' || array_to_string(d, 'Z","') || 'Z"]')
		FROM v LEFT JOIN texts USING (id) WHERE d IS NOT NULL AND date '0001-01-01' <= ALL (d) AND date '9999-12-31' >= ALL (d);
	SELECT 'timestamp', sum(cardinality(s)), count(*) FILTER (WHERE (after->'s')::text IS DISTINCT FROM '["' || replace(array_to_string(s, 'Z","'), ' ', 'T') || 'Z"]')
		FROM v LEFT JOIN texts USING (id) WHERE s IS NOT NULL AND timestamp '0001-01-01' <= ALL (s) AND timestamp '10000-01-01' > ALL (s);
	SELECT 'timestamptz', sum(cardinality(z)), count(*) FILTER (WHERE (after->'z')::text IS DISTINCT FROM
			(SELECT '["' || string_agg(to_char(x, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '","' ORDER BY o) || '"]' FROM unnest(z) WITH ORDINALITY x(x, o)))
		FROM v LEFT JOIN texts USING (id) WHERE z IS NOT NULL;
	SELECT 'uuid', sum(cardinality(u)), count(*) FILTER (WHERE (after->'u')::text IS DISTINCT FROM strings(u)) FROM v LEFT JOIN texts USING (id) WHERE u IS NOT NULL;
	SELECT 'text', sum(cardinality(t)), count(*) FILTER (WHERE ARRAY(SELECT json_array_elements_text(after->'t')) IS DISTINCT FROM t) FROM v LEFT JOIN texts USING (id) WHERE t IS NOT NULL;
	SELECT 'jsonb', sum(cardinality(j)), count(*) FILTER (WHERE ARRAY(SELECT json_array_elements_text(after->'j')) IS DISTINCT FROM j::text[]) FROM v LEFT JOIN texts USING (id) WHERE j IS NOT NULL;
	SELECT 'date as number', sum(cardinality(d)), count(*) FILTER (WHERE (after->'d')::text IS DISTINCT FROM (SELECT '[' || string_agg((x - date '1970-01-01')::text, ',' ORDER BY o) || ']' FROM unnest(d) WITH ORDINALITY x(x, o)))
		FROM v LEFT JOIN numbers USING (id) WHERE d IS NOT NULL;
	SELECT 'timestamp as number', sum(cardinality(s)), count(*) FILTER (WHERE (after->'s')::text IS DISTINCT FROM
			(SELECT '[' || string_agg((extract(epoch FROM x) * 1000000)::bigint::text, ',' ORDER BY o) || ']' FROM unnest(s) WITH ORDINALITY x(x, o)))
		FROM v LEFT JOIN numbers USING (id) WHERE s IS NOT NULL;

	-- big-endian two's complement: extended to eight bytes it is the unscaled number, and no byte could be left out
	SELECT 'numeric as bytes', count(*), count(*) FILTER (WHERE value IS DISTINCT FROM (x * 10000)::bigint OR length(bytes) > 1 AND ((substr(bits, 1, 9)) IN ('000000000', '111111111')))
		FROM (SELECT x, bytes, bits, ('x' || lpad(encode(bytes, 'hex'), 16, CASE WHEN left(bits, 1) = '1' THEN 'f' ELSE '0' END))::bit(64)::bigint AS value
			FROM v LEFT JOIN numbers USING (id), ROWS FROM (unnest(p), json_array_elements_text(after->'p')) AS x(x, text), LATERAL (SELECT decode(text, 'base64')) _(bytes),
				LATERAL (SELECT ('x' || lpad(substr(encode(bytes, 'hex'), 1, 4), 4, 'f'))::bit(16)::text) __(b4), LATERAL (SELECT CASE WHEN length(bytes) = 1 THEN substr(b4, 9) ELSE b4 END) ___(bits)
			WHERE p IS NOT NULL) _;

	-- the same number when read back, and the same digits, but for what Java spells otherwise: two digits at the
	-- least, and a decimal halfway between two doubles where it is shorter
	CREATE FUNCTION digits(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT rtrim(ltrim(translate(split_part(lower($1), 'e', 1), '-.', ''), '0'), '0') $$;
	SELECT 'float8', count(*), count(*) FILTER (WHERE text::float8 IS DISTINCT FROM x OR (ours <> theirs AND length(ours) >= length(theirs) AND NOT (length(theirs) = 1 AND length(ours) = 2)))
		FROM (SELECT x, text, digits(text) AS ours, digits(x::text) AS theirs FROM v LEFT JOIN numbers USING (id),
			ROWS FROM (unnest(f), json_array_elements_text(after->'f')) AS _(x, text) WHERE f IS NOT NULL) _;
	SELECT 'float4', count(*), count(*) FILTER (WHERE text::float4 IS DISTINCT FROM x OR (ours <> theirs AND length(ours) >= length(theirs) AND NOT (length(theirs) = 1 AND length(ours) = 2)))
		FROM (SELECT x, text, digits(text) AS ours, digits(x::text) AS theirs FROM v LEFT JOIN numbers USING (id),
			ROWS FROM (unnest(r), json_array_elements_text(after->'r')) AS _(x, text) WHERE r IS NOT NULL) _;
EOS
) || {
	echo '0 passed, 1 failed'
	exit 1
}

passed=0 failed=0
while IFS='|' read -r name values different; do
	echo "$name: $values values, $different differ"
	if [ "$different" = 0 ] && [ "${values:-0}" -gt 40000 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done <<-EOS
	$out
EOS
[ $((passed + failed)) = 13 ] || failed=$((failed + 1))

# Messages that shared system calls on their way are the ones that SQL shows, in
# the same order: short and long ones, alone and many in a transaction.
psql -Xq -v ON_ERROR_STOP=1 -d "$db" -o /dev/null <<-'EOS' || failed=$((failed + 1))
	SET synchronous_commit = on;
	SELECT pg_drop_replication_slot('equality');
	CREATE TABLE m (id serial PRIMARY KEY, t text);
	SELECT pg_create_logical_replication_slot('equality', 'cdc_json');
	INSERT INTO m (t) SELECT repeat('x', i * 7 % 9000) FROM generate_series(1, 3000) i;
	INSERT INTO m (t) SELECT repeat('y', i) FROM generate_series(6500, 8200, 7) i;
	INSERT INTO m (t) VALUES ('alone');
	BEGIN;
	UPDATE m SET t = 'z' WHERE id <= 2;
	SELECT pg_logical_emit_message(false, 'between', 'now');
	DELETE FROM m WHERE id > 10;
	COMMIT;
	SELECT pg_copy_logical_replication_slot('equality', 'stream');
EOS
end=$(psql -XqAt -d "$db" -c 'SELECT pg_current_wal_insert_lsn()')
psql -Xq -d "$db" -o /dev/null -c 'SET synchronous_commit = on' -c "INSERT INTO m (t) VALUES ('behind the end')"
folder=$(mktemp -d)
pg_recvlogical -d "$db" -S stream --start -n -F 0 -E "$end" -f "$folder/stream" &&
	psql -XqAt -d "$db" -o "$folder/rows" -c "SELECT data FROM pg_logical_slot_peek_changes('equality', '$end', NULL)"
for file in stream rows; do
	sed 's/,"ts_ms":[0-9]*,"ts_us":[0-9]*,"ts_ns":[0-9]*}$//; s/^{"op":"m","ts_ms":[0-9]*//' "$folder/$file" >"$folder/$file.events"
done
messages=$(wc -l <"$folder/stream.events")
echo "messages: $messages"
if [ "$messages" -gt 6000 ] && cmp "$folder/stream.events" "$folder/rows.events"; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
fi
rm -r "$folder"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
