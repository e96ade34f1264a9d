#!/bin/sh
# relay.sh: the relay's unit tests, and that it builds with and without optional sinks, with both compilers.
set -u
src=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
passed=0 failed=0 skipped=0

# try NAME COMMAND...
try() {
	name=$1
	shift
	if "$@" >"$out/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $name"
		tail -n 40 "$out/log"
	fi
}

# quiet make, in a folder
make_in() {
	folder=$1
	shift
	make -s --no-print-directory -C "$src/$folder" PG_CONFIG="${PG_CONFIG:-pg_config}" "$@"
}

try 'install' make_in src/relay KAFKA=no build="$out/plain" DESTDIR="$out/root" bindir=/usr/bin mandir=/usr/share/man install
try 'what is installed' test -x "$out/root/usr/bin/cdc_json_relay" -a -f "$out/root/usr/share/man/man1/cdc_json_relay.1"
try 'the unit names the program' grep -q '^ExecStart=/usr/bin/cdc_json_relay --config' "$out/root/usr/lib/systemd/system/cdc_json_relay@.service"

clang=
for candidate in clang clang-14; do
	[ -n "$clang" ] || ! command -v "$candidate" >/dev/null 2>&1 || clang=$candidate
done

try 'build without Kafka' make_in src/relay KAFKA=no build="$out/plain" CFLAGS='-O2 -Werror'
if pkg-config --exists rdkafka 2>/dev/null; then
	try 'build with Kafka' make_in src/relay build="$out/kafka" CFLAGS='-O2 -Werror'
else
	skipped=$((skipped + 1))
	echo 'skipped: librdkafka-dev is not installed'
fi
try 'build without any optional sink' make_in src/relay KAFKA=no REDIS=no MEMCACHED=no CURL=no build="$out/bare" CFLAGS='-O2 -Werror'
try 'its help says so' sh -c "'$out/bare/cdc_json_relay' --help | grep -q '^  redis .*not in this build: it needs libhiredis-dev'"
try 'asked for a sink that it lacks' sh -c "'$out/bare/cdc_json_relay' --slot s --sink search 2>&1 | grep -q 'built without it: install libcurl'"
if [ -n "$clang" ]; then
	try "build with $clang" make_in src/relay build="$out/clang" CC="$clang" CFLAGS='-O2 -Werror'
else
	skipped=$((skipped + 1))
	echo 'skipped: clang is not installed'
fi

make_in test/relay check build="$out/unit" >"$out/unit.log" 2>&1
status=$?
line=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$out/unit.log" | tail -n 1)
[ $status = 0 ] && [ -n "$line" ] || cat "$out/unit.log"
passed=$((passed + ${line%% *}))
failed=$((failed + ${line##* }))
[ -n "$line" ] || failed=$((failed + 1))

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
