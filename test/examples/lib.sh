# lib.sh: what the examples share: a private server with the plugin, the relay, waiting.
#
# Sourced by a run with cdc_root, cdc_command, cdc_tools and example (its folder's name) set.  All of it is in
# a private folder and ends with the run; the exit status says whether the example shows what it promises.
. "$cdc_root/test/lib.sh"
[ "${1:-}" = inside ] || cdc_launch demo "test/examples/$example/run"

here=$cdc_root/test/examples/$example
server=$cdc_work/server
log=$cdc_work/log
dsn='dbname=shop'

tell() {
	printf '\n%s\n' "$@"
}

fail() {
	cdc_say "$cdc_command: $1"
	tail -n 20 "$log"/* >&2
	exit 1
}

# example_ports N: prints N free ones
example_ports() {
	perl -MIO::Socket::INET -e '@s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") } 1 .. shift;
		print join(" ", map { $_->sockport } @s), "\n"' "$1"
}

# A server with the database "shop" and the extension, and the relay.
example_start() {
	tell "building cdc_json and cdc_json_relay for $("$PG_CONFIG" --version)"
	cdc_make_prefix
	{
		cdc_make "$cdc_root" -j2 && cdc_make "$cdc_root" install DESTDIR="$cdc_prefix" && cdc_make "$cdc_root/src/relay"
	} >"$log/build" 2>&1 || fail 'the build failed'
	cdc_cluster_start "$server" || fail 'the server does not start'
	cdc_sql -c 'CREATE DATABASE shop' && PGDATABASE=shop && export PGDATABASE && cdc_sql -c 'CREATE EXTENSION cdc_json' || fail 'no database'
}

# example_relay NAME ARGUMENT...: in the background, on slot NAME; sets relay to its process
example_relay() {
	name=$1
	shift
	tell "cdc_json_relay --dsn $dsn --slot $name --create-slot --status-interval 0.1 $*"
	"$cdc_root/build/relay/cdc_json_relay" --dsn "$dsn" --slot "$name" --create-slot --status-interval 0.1 "$@" 2>"$log/relay.$name" &
	relay=$!
	tries=0
	until grep -q 'reading slot' "$log/relay.$name" 2>/dev/null; do
		tries=$((tries + 1))
		kill -0 $relay 2>/dev/null && [ $tries -lt 600 ] || fail 'the relay does not start'
		sleep 0.1
	done
}

# example_wait NAME: until all that is committed is confirmed
example_wait() {
	upto=$(cdc_sql -c "SELECT pg_logical_emit_message(true, 'cdc_json.flush', '')" -c 'SELECT pg_current_wal_flush_lsn()' | tail -n 1)
	tries=0
	until [ "$(cdc_sql -c "SELECT confirmed_flush_lsn >= '$upto' FROM pg_replication_slots WHERE slot_name = '$1'")" = t ]; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || fail 'the relay does not deliver'
		sleep 0.1
	done
}

# example_same TABLE-FILE COPY-FILE: both have the same lines
example_same() {
	cmp "$1" "$2" >"$log/differences" 2>&1 || {
		diff "$1" "$2" | head -n 20 >"$log/differences"
		fail 'the copy is not the table'
	}
	echo "$(wc -l <"$1") rows, and the copy has the same"
}
