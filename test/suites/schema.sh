#!/bin/sh
# schema.sh: every change of the regression and isolation tests once more, as
# events that carry their schema: each must satisfy it, whatever the options.
set -u

out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT

python3 -c '' 2>/dev/null || {
	echo 'skipped: python3 is not installed'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}

# a name and the options of a line, beside those of all lines
variants() {
	cat <<-'EOF'
		plain
		quirks debezium.quirks true
		unknown include.unknown.datatypes true provide.transaction.metadata true skipped.operations none
		text decimal.handling.mode string time.precision.mode isostring interval.handling.mode string binary.handling.mode hex hstore.handling.mode map column.truncate.to.2.chars .*
		numbers decimal.handling.mode double time.precision.mode connect decimal.format NUMERIC binary.handling.mode base64-url-safe column.mask.hash.SHA-256.with.salt.s .*
		nanoseconds time.precision.mode nanoseconds replace.null.with.default true include.unknown.datatypes true binary.handling.mode base64
		masked column.mask.with.3.chars .* include.unknown.datatypes true
	EOF
}

for db in regression isolation; do
	[ -n "$(psql -XqAt -c "SELECT 1 FROM pg_replication_slots WHERE slot_name = 'cdc_shadow_$db'")" ] || continue
	variants | while read -r name options; do
		options=$(echo "format record schemas.enable true $options" | sed "s/'/''/g; s/  *\$//; s/ /','/g")
		psql -XqAt -v ON_ERROR_STOP=1 -d "$db" -o "$out/$db.$name.jsonl" \
			-c "SELECT data FROM pg_logical_slot_peek_changes('cdc_shadow_$db', NULL, NULL, VARIADIC ARRAY['$options'])" || {
			echo "FAILED: $db with $name"
			echo '{"schema":{},"payload":null}' >"$out/$db.$name.jsonl"
		}
		echo "$out/$db.$name.jsonl" >>"$out/files"
	done
done
[ -s "$out/files" ] || {
	echo 'skipped: no regression tests were run'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}
python3 test/check_schema.py "$out/files"
