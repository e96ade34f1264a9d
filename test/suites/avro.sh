#!/bin/sh
# avro.sh: records in Avro against Confluent's converter, and cases in both
# forms.  TESTS names cases, or "all"; without it some of each family are run.
set -u
python3 -c '' 2>/dev/null || {
	echo 'skipped: python3 is not installed'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
status=0
case ${TESTS:-} in
	'') cases='array_integer array_enum array_not_null_elements array_hstore default_numeric default_text header_key_types
		identity_default_fallbacks identity_default_fallbacks_arrays key_change_full mask_constant mask_hash mask_other_types mask_truncate
		message_content name_quoted operation_trigger schema_propagate_column toast_json toast_not_null transaction_metadata_collections
		truncate_on type_bytea type_geometry type_hstore_map type_jsonb type_numeric_free type_point type_varbit' ;;
	all) cases= ;;
	*) cases=$TESTS ;;
esac
for command in recorded "cases $cases"; do
	# shellcheck disable=SC2086
	python3 test/conformance/avro.py $command >>"$log" 2>&1 || status=1
done
grep -vE '^[0-9]+ passed, ' "$log"
grep -E '^[0-9]+ passed, ' "$log" | awk '{ p += $1; f += $3; s += $5 } END { print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped" }'
exit $status
