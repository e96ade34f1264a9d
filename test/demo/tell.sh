# tell.sh: what `make demo` and `make demo-relay` share: how the story is told,
# beside the events.  Sourced inside, after lib.sh.

here=$cdc_root/test/demo
server=$cdc_work/server
stream=$cdc_work/tmp/stream
shown=0

if [ -t 1 ]; then
	width=$(stty size <&1 2>/dev/null | cut -d ' ' -f 2)
	[ "${width:-0}" -ge 40 ] || width=100
	colour=1
	[ -z "${NO_COLOR:-}" ] || colour=0
else
	width=0 colour=0
fi

# tell KIND TEXT...: the story, beside the events
tell() {
	kind=$1
	shift
	if [ $width = 0 ]; then
		printf '%s\n' "$@" >&2
	elif [ $colour = 0 ]; then
		printf '%s\n' "$@"
	else
		case $kind in
			title) printf '\033[1;7m %s \033[0m\n' "$@" ;;
			step) printf '\033[1m%s\033[0m\n' "$@" ;;
			code) printf '\033[33m%s\033[0m\n' "$@" ;;
			*) printf '%s\n' "$@" ;;
		esac
	fi
}

show() {
	if [ $width != 0 ] && cdc_has perl; then
		perl "$here/show.pl" "$width" $colour
	else
		cat
	fi
}

fail() {
	cdc_say "$cdc_command: $1"
	cat "$cdc_work"/tmp/*.log >&2 2>/dev/null
	[ ! -e "$server/log" ] || tail -n 15 "$server/log" >&2
	cdc_cluster_stop "$server" immediate
	exit 1
}

# The server, with the bank's tables and nothing in them; sets the database.
start_bank() {
	cdc_cluster_start "$server" || fail 'the server does not start'
	cdc_sql -c 'CREATE DATABASE bank' && PGDATABASE=bank && export PGDATABASE &&
		cdc_sql -f "$here/schema.sql" && cdc_sql -c 'ALTER DATABASE bank SET search_path = bank, public' || fail 'no schema'
}

# Plugin and extension, unless the caller has them built already.
build_plugin() {
	[ -z "${cdc_prefix:-}" ] || return 0
	tell text "building cdc_json for $("$PG_CONFIG" --version)"
	cdc_make_prefix
	{
		cdc_make "$cdc_root" -j2 && cdc_make "$cdc_root" install DESTDIR="$cdc_prefix"
	} >"$cdc_work/tmp/build.log" 2>&1 || fail 'the build failed'
	rm "$cdc_work/tmp/build.log"
}

# One file per step of the workload; its first line is the title.
split_workload() {
	(cd "$cdc_work/tmp" && awk '/^-- STEP / {n++; sub(/^-- STEP /, "")} n {print > sprintf("step.%02d", n)}' "$here/workload.sql")
}
