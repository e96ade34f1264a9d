#!/bin/sh
# conformance.sh: the plugin's records against those of the real connector, as
# recorded, of the stream and of snapshots; the comparison against altered
# records; what is said where Java, Maven or the network are missing; the
# connector's properties.
# TESTS names cases.
set -u
python3 -c '' 2>/dev/null || {
	echo 'skipped: python3 is not installed'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
status=0
# shellcheck disable=SC2086
for command in "recorded ${TESTS:-}" "snapshots ${TESTS:-}" self-test needs-test properties; do
	python3 test/conformance/conformance.py $command >>"$log" 2>&1 || status=1
done
grep -vE '^[0-9]+ passed, ' "$log"
grep -E '^[0-9]+ passed, ' "$log" | awk '{ p += $1; f += $3; s += $5 } END { print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped" }'
exit $status
