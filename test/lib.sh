# lib.sh: what `make demo`, `make test` and `make bench` share.
#
# A run has two halves.  Outside, as the caller: install missing packages,
# choose a server, make a folder that an unprivileged account can use, copy the
# sources there, and clean up whatever happens (cdc_launch).  Inside, as that
# account and with an environment of its own: build, start clusters, run
# (everything else here).  Nothing is written outside the folder, and no server
# but our own is ever contacted.
#
# POSIX sh; variables that leave a function start with cdc_ or are exported.

cdc_say() {
	printf '%s\n' "$*" >&2
}

cdc_die() {
	printf '%s: %s\n' "${cdc_command:-cdc_json}" "$*" >&2
	exit 1
}

cdc_has() {
	command -v "$1" >/dev/null 2>&1
}

# ---------------------------------------------------------------------------
# Outside: packages
# ---------------------------------------------------------------------------

cdc_is_debian() {
	cdc_has dpkg-query && cdc_has apt-get
}

cdc_can_be_root() {
	[ "$(id -u)" = 0 ] || { cdc_has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
}

# An interrupted dpkg would finish its work later, and then with a cluster of
# its own: signals wait for it.
cdc_as_root() {
	if [ "$(id -u)" = 0 ]; then
		(trap '' INT QUIT HUP && exec "$@")
	else
		(trap '' INT QUIT HUP && exec sudo "$@")
	fi
}

cdc_apt() {
	cdc_as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		apt-get -q -y -o DPkg::Lock::Timeout=600 "$@" </dev/null >>"$cdc_apt_log" 2>&1
}

# Some packages exist only for some servers: an optional one that is missing
# from lists which do have the server is not asked for.
cdc_available() {
	apt-cache show "$1" >/dev/null 2>&1 || ! apt-cache show "postgresql-$cdc_major" >/dev/null 2>&1
}

# Newest server of the distribution's packages that is installed, or else the
# one that its package "postgresql" stands for.
cdc_debian_major() {
	major=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null |
		sed 's,.*postgresql/\([0-9]*\)/bin.*,\1,' | sort -n | tail -n 1)
	if [ "${major:-0}" -lt 15 ]; then
		major=$(apt-cache depends postgresql 2>/dev/null |
			sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
	fi
	if [ -z "$major" ]; then
		case $(. /etc/os-release && echo "${VERSION_CODENAME:-}") in
			bookworm) major=15 ;;
			trixie) major=17 ;;
			jammy) major=14 ;;
			noble) major=16 ;;
		esac
	fi
	echo "$major"
}

cdc_missing() {
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			printf ' %s' "$package"
	done
}

# Debian starts a cluster "main" on port 5432 with each new server package.
# While ours is installed, a file beside createcluster.conf says not to.
cdc_main_cluster_off() {
	[ -z "${cdc_main_cluster:-}" ] || return 0
	[ "$(dpkg-query -W -f '${db:Status-Status}' postgresql-common 2>/dev/null)" = installed ] ||
		cdc_apt install --no-install-recommends postgresql-common || return
	conf=/etc/postgresql-common/createcluster.conf
	if grep -qs '^include_dir' $conf; then
		cdc_main_cluster=/etc/postgresql-common/createcluster.d/zz_cdc_json_$$.conf
		cdc_as_root sh -c "mkdir -p '${cdc_main_cluster%/*}' &&
			echo 'create_main_cluster = false' >'$cdc_main_cluster'"
	else
		cdc_main_cluster=$conf.cdc_json_$$
		cdc_as_root sh -c "touch $conf && cp -p $conf '$cdc_main_cluster' &&
			echo 'create_main_cluster = false' >>$conf"
	fi
}

cdc_main_cluster_on() {
	case ${cdc_main_cluster:-} in
		'') ;;
		*/createcluster.d/*) cdc_as_root rm -f "$cdc_main_cluster" ;;
		*) cdc_as_root mv "$cdc_main_cluster" /etc/postgresql-common/createcluster.conf ;;
	esac
	cdc_main_cluster=
}

# Debian starts a server with its package; those that the tests start
# themselves stay off.
cdc_services_off() {
	[ ! -e /usr/sbin/policy-rc.d ] || return 0
	cdc_policy=/usr/sbin/policy-rc.d
	cdc_as_root sh -c "printf '#!/bin/sh\\nexit 101\\n' >$cdc_policy && chmod 755 $cdc_policy"
}

cdc_services_on() {
	[ -z "${cdc_policy:-}" ] || cdc_as_root rm -f "$cdc_policy"
	cdc_policy=
}

cdc_install() {
	line="apt-get install -y --no-install-recommends$*"
	cdc_can_be_root ||
		cdc_die "packages are missing; as root: $line"
	cdc_say "installing what is missing: $line"
	cdc_apt_log=$(mktemp)
	case $* in
		*" postgresql-$cdc_major"*) prepare=cdc_main_cluster_off ;;
		*) prepare=: ;;
	esac
	case $* in
		*" redis-server"* | *" memcached"*) cdc_services_off ;;
	esac
	# The package lists may be missing or old: a second attempt renews them.
	# shellcheck disable=SC2086
	{ $prepare && cdc_apt install --no-install-recommends $*; } ||
		{ cdc_apt update && $prepare && cdc_apt install --no-install-recommends $*; } || {
		tail -n 20 "$cdc_apt_log" >&2
		rm -f "$cdc_apt_log"
		cdc_services_on
		cdc_die "packages are missing; as root: $line"
	}
	cdc_main_cluster_on
	cdc_services_on
	rm -f "$cdc_apt_log"
}

cdc_server_complete() {
	bindir=$("$1" --bindir 2>/dev/null) || return
	[ -x "$bindir/postgres" ] && [ -f "$("$1" --pgxs)" ] &&
		[ -f "$("$1" --includedir-server)/postgres.h" ]
}

# The plugins that ours is compared with; without one of them, so is the comparison.
cdc_install_peers() {
	cdc_is_debian && cdc_can_be_root || return 0
	cdc_apt_log=/dev/null
	for peer in wal2json decoderbufs; do
		[ -z "$(cdc_missing "postgresql-$cdc_major-$peer")" ] ||
			cdc_apt install --no-install-recommends "postgresql-$cdc_major-$peer" || :
	done
}

# cdc_packages demo|test|bench: sets PG_CONFIG; cdc_tools are packages that a command needs besides
cdc_packages() {
	tools="gcc libc6-dev make perl ${cdc_tools:-}"
	[ "$1" != bench ] || tools="$tools python3"
	[ "$1" != test ] || tools="$tools clang clang-format pkg-config libjansson-dev libpq-dev librdkafka-dev libipc-run-perl python3"

	if [ -n "${PG_CONFIG:-}" ]; then
		cdc_has "$PG_CONFIG" || cdc_die "PG_CONFIG=$PG_CONFIG is not a program"
		PG_CONFIG=$(command -v "$PG_CONFIG")
		server=
	elif cdc_is_debian; then
		cdc_major=${MAJOR:-$(cdc_debian_major)}
		if [ -z "$cdc_major" ] && cdc_can_be_root; then
			cdc_apt_log=/dev/null
			cdc_apt update
			cdc_major=$(cdc_debian_major)
		fi
		[ "${cdc_major:-0}" -ge 15 ] ||
			cdc_die "this system packages PostgreSQL ${cdc_major:-in no version that it names}, and cdc_json needs 15 or later (the apt repository of the PostgreSQL project has them); PG_CONFIG=/path/to/pg_config chooses an installed server"
		PG_CONFIG=/usr/lib/postgresql/$cdc_major/bin/pg_config
		server="postgresql-$cdc_major postgresql-server-dev-$cdc_major"
		postgis=postgresql-$cdc_major-postgis-3
		[ "$1" != test ] || ! cdc_available "$postgis" || server="$server $postgis"
		# the runtime of clang's fuzzer
		[ "$1" != test ] || ! cdc_available libclang-rt-dev || tools="$tools libclang-rt-dev"
		# libraries of the relay's sinks, and the servers that these are tested with
		[ "$1" != test ] || for package in libhiredis-dev libmemcached-dev libcurl4-openssl-dev libssl-dev redis-server memcached openssl; do
			! cdc_available $package || tools="$tools $package"
		done
		# A server from elsewhere, headers and all, serves if none is packaged.
		if [ -z "${MAJOR:-}" ] && [ ! -x "${PG_CONFIG%/*}/postgres" ] && cdc_has pg_config && cdc_server_complete pg_config; then
			PG_CONFIG=$(command -v pg_config)
			server=
		fi
	else
		cdc_has pg_config && cdc_server_complete pg_config ||
			cdc_die "install PostgreSQL 15 or later with its headers for extensions (Fedora: postgresql-server postgresql-server-devel; Alpine: postgresql-dev; or name one with PG_CONFIG=/path/to/pg_config), gcc, make and perl"
		PG_CONFIG=$(command -v pg_config)
		server=
	fi

	if cdc_is_debian; then
		# shellcheck disable=SC2086
		missing=$(cdc_missing $tools $server)
		[ -z "$missing" ] || cdc_install "$missing"
	else
		for tool in "${CC:-cc}" make perl; do
			cdc_has "$tool" || cdc_die "$tool is missing: install a C compiler, make and perl"
		done
	fi
	cdc_server_complete "$PG_CONFIG" ||
		cdc_die "the server of $PG_CONFIG lacks its programs or its headers for extensions"
	version=$("$("$PG_CONFIG" --bindir)/postgres" -V)
	cdc_major=$(echo "$version" | sed 's/^[^)]*) *\([0-9][0-9]*\).*/\1/')
	[ "$cdc_major" -ge 15 ] ||
		cdc_die "cdc_json needs PostgreSQL 15 or later, and $PG_CONFIG belongs to: $version"
}

# ---------------------------------------------------------------------------
# Outside: account, folder, sources, end
# ---------------------------------------------------------------------------

# A server refuses to run as root.
cdc_choose_account() {
	cdc_account=
	[ "$(id -u)" != 0 ] || {
		for cdc_account in postgres nobody ''; do
			id "$cdc_account" >/dev/null 2>&1 && break
		done
		[ -n "$cdc_account" ] || cdc_die "run as root, this needs an account named postgres or nobody"
		cdc_has setpriv || cdc_has runuser || cdc_die "run as root, this needs setpriv or runuser"
	}
}

cdc_as_account() {
	if [ -z "$cdc_account" ]; then
		"$@"
	elif cdc_has setpriv; then
		setpriv --reuid="$cdc_account" --regid="$(id -g "$cdc_account")" --init-groups "$@"
	else
		runuser -u "$cdc_account" -- "$@"
	fi
}

# A temporary folder whose files the account may execute, and whose name is
# short enough for a socket (107 bytes).
cdc_make_work() {
	for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
		[ ${#base} -le 40 ] || continue
		cdc_work=$(mktemp -d "$base/cdc_json.XXXXXX" 2>/dev/null) || continue
		[ -z "$cdc_account" ] || chown "$cdc_account" "$cdc_work"
		printf '#!/bin/sh\n' >"$cdc_work/probe"
		chmod 755 "$cdc_work/probe"
		if (cd / && cdc_as_account "$cdc_work/probe") 2>/dev/null; then
			rm "$cdc_work/probe"
			return
		fi
		rm -rf "$cdc_work"
	done
	cdc_work=
	cdc_die "found no temporary folder in which ${cdc_account:-this account} may run programs"
}

cdc_copy_sources() {
	mkdir "$cdc_work/src" "$cdc_work/tmp" "$cdc_work/log"
	(cd "$cdc_root" && tar -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' \
		--exclude='*.bc' --exclude=./build --exclude=./results --exclude=tmp_check .) |
		(cd "$cdc_work/src" && tar -xf - --no-same-owner)
	chmod -R u+rwX,go+rX "$cdc_work/src"
	[ -z "$cdc_account" ] || chown -R "$cdc_account" "$cdc_work"
}

# The jars of Kafka and OpenSearch (or what cdc_jars says: connect-postgres, too), for what
# needs the real servers: fetched as the caller, who has the caches and the network, and
# copied to where the account may read them.  Without Java or Maven those tests are left
# out, and a file "missing" (of OpenSearch: opensearch.missing) says why.
cdc_downstream() {
	[ "$1" != test ] || case " ${SUITES:-tap} " in *' tap '*) cdc_jars=${cdc_jars:-kafka opensearch} ;; esac
	[ -n "${cdc_jars:-}" ] || return 0
	mkdir -p "$cdc_work/downstream"
	for jars in $cdc_jars; do
		why=$cdc_work/downstream/missing
		[ "$jars" != opensearch ] || why=$cdc_work/downstream/opensearch.missing
		(cdc_fetch "$jars") 2>"$cdc_work/downstream/log" || mv "$cdc_work/downstream/log" "$why"
	done
	rm -f "$cdc_work/downstream/log"
	[ -z "$cdc_account" ] || chown -R "$cdc_account" "$cdc_work/downstream"
}

# In a shell of its own, which ends where something is missing.
cdc_fetch() {
	down_here=$cdc_root/test/downstream
	. "$down_here/lib.sh"
	down_java
	case $1 in
		kafka) down_fetch_kafka ;;
		opensearch) down_fetch_opensearch ;;
		connect-*)
			sh "$down_here/connect" needs "${1#connect-}" || exit 1
			down_folder=$(ls -d "$down_cache/debezium-connector-${1#connect-}-"*)
			;;
	esac
	# shellcheck disable=SC2086
	cp -R $down_folder "$cdc_work/downstream/"
}

# What is inside needs no signal handlers: its session is ended as a whole.
# Only postmasters lead sessions of their own: found by their files, ended by
# number.
cdc_stop_servers() {
	find "$cdc_work" -name postmaster.pid 2>/dev/null | while read -r file; do
		pid=$(head -n 1 "$file")
		if [ -d /proc/self ]; then
			case $(readlink "/proc/$pid/cwd") in
				"$cdc_work"/*) ;;
				*) continue ;;
			esac
		fi
		kill -QUIT "$pid" 2>/dev/null || continue
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.2
		done
		kill -KILL "$pid" 2>/dev/null
	done
}

cdc_end() {
	status=$?
	trap - EXIT
	trap '' INT TERM HUP
	cdc_main_cluster_on
	cdc_services_on
	if [ -n "${cdc_inside:-}" ]; then
		kill -s TERM -- "-$cdc_inside" 2>/dev/null && {
			(sleep 10 && kill -s KILL -- "-$cdc_inside") >/dev/null 2>&1 &
			watchdog=$!
			wait "$cdc_inside" 2>/dev/null
			kill "$watchdog" 2>/dev/null
		}
		kill -s KILL -- "-$cdc_inside" 2>/dev/null
	fi
	if [ -n "${cdc_work:-}" ] && [ ! -e "$cdc_work/keep" ]; then
		cdc_stop_servers
		rm -rf "$cdc_work"
	fi
	exit $status
}

# cdc_launch demo|test|bench SCRIPT: runs SCRIPT's other half, "SCRIPT inside", and
# then, outside again, the function that cdc_after names
cdc_launch() {
	PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
	LC_ALL=C.UTF-8
	export PATH LC_ALL
	unset CDPATH
	umask 022
	trap cdc_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	cdc_packages "$1"
	cdc_choose_account
	cdc_make_work
	cdc_copy_sources
	cdc_downstream "$1"
	cd /

	# A session of its own, so that it can be ended as a whole.  A shell starts
	# background commands with interrupts ignored, which programs would inherit.
	signals=
	! env --default-signal=INT,QUIT true 2>/dev/null || signals='env --default-signal=INT,QUIT'
	session=
	! cdc_has setsid || session=setsid
	case $cdc_account in
		'') switch= ;;
		*) if cdc_has setpriv; then
			switch="setpriv --reuid=$cdc_account --regid=$(id -g "$cdc_account") --init-groups"
		else
			switch="runuser -u $cdc_account --"
		fi ;;
	esac
	# shellcheck disable=SC2086
	$session $signals $switch env -i \
		PATH="$PATH" HOME="$cdc_work" TMPDIR="$cdc_work/tmp" LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" \
		${LD_LIBRARY_PATH:+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"} ${CC:+CC="$CC"} \
		${NO_COLOR:+NO_COLOR=1} SUITES="${SUITES:-}" TESTS="${TESTS:-}" KEEP="${KEEP:-}" BENCH="${BENCH:-}" PARTS="${PARTS:-}" FAULTS="${FAULTS:-}" \
		${CDC_JSON_RUNS:+CDC_JSON_RUNS="$CDC_JSON_RUNS"} \
		${JAVA_HOME:+JAVA_HOME="$JAVA_HOME"} DOWNSTREAM_CACHE="$cdc_work/downstream" \
		PG_CONFIG="$PG_CONFIG" cdc_major="$cdc_major" cdc_work="$cdc_work" cdc_origin="$cdc_root" \
		cdc_command="$cdc_command" \
		sh "$cdc_work/src/$2" inside &
	cdc_inside=$!
	wait "$cdc_inside"
	status=$?
	${cdc_after:-:}
	exit $status
}

# ---------------------------------------------------------------------------
# Inside: a copy of the server with our files in it
# ---------------------------------------------------------------------------

# Our files are installed in a folder of ours, with DESTDIR.  From 18 on two
# settings point a server there.  Older servers find extensions relative to
# their program: so the programs are copied there too, and all else is links.
cdc_make_prefix() {
	cdc_prefix=$cdc_work/pg
	[ ! -d "$cdc_prefix" ] || return 0
	bindir=$("$PG_CONFIG" --bindir)
	libdir=$("$PG_CONFIG" --pkglibdir)
	sharedir=$("$PG_CONFIG" --sharedir)
	mkdir -p "$cdc_prefix$libdir" "$cdc_prefix$sharedir/extension"
	cdc_bin=$bindir
	cdc_paths=
	if [ "$cdc_major" -ge 18 ]; then
		cdc_paths="dynamic_library_path = '$cdc_prefix$libdir:\$libdir'
extension_control_path = '$cdc_prefix$sharedir:\$system'"
	else
		cdc_copy_server
		cdc_bin=$cdc_prefix$bindir
	fi
	PATH=$cdc_bin:$PATH
	export cdc_prefix cdc_bin cdc_paths PATH
}

cdc_copy_server() {
	mkdir -p "$cdc_prefix$bindir"
	for program in postgres initdb psql createdb dropdb createuser dropuser pgbench; do
		[ ! -x "$bindir/$program" ] || cp -pL "$bindir/$program" "$cdc_prefix$bindir/"
	done
	cp -pL "$bindir"/pg_* "$cdc_prefix$bindir/"
	ln -s "$libdir"/* "$cdc_prefix$libdir/"
	for entry in "$sharedir"/*; do
		[ "$entry" = "$sharedir/extension" ] || ln -s "$entry" "$cdc_prefix$sharedir/"
	done
	ln -s "$sharedir"/extension/* "$cdc_prefix$sharedir/extension/"
	rm -f "$cdc_prefix$libdir"/cdc_json* "$cdc_prefix$sharedir"/extension/cdc_json*
}

# cdc_make FOLDER ARGUMENT...
cdc_make() {
	(cd "$1" && shift && make -s --no-print-directory PG_CONFIG="$PG_CONFIG" "$@")
}

# The list of plugins that a server loads exists since the minor releases
# 15.19, 16.15, 17.11 and 18.6; older ones refuse to start with it.
cdc_plugin_setting() {
	! "$("$PG_CONFIG" --bindir)/postgres" --describe-config | grep -q '^output_plugin_libraries' ||
		echo "output_plugin_libraries = 'pgoutput, test_decoding, cdc_json'"
}

# What a server needs to load the plugin.
cdc_server_settings() {
	cdc_plugin_setting
	[ -z "${cdc_paths:-}" ] || printf '%s\n' "$cdc_paths"
}

# ---------------------------------------------------------------------------
# Inside: clusters
# ---------------------------------------------------------------------------

# cdc_cluster_start FOLDER [SETTING...]: exports PGHOST, PGPORT, PGUSER for it
cdc_cluster_start() {
	cdc_folder=$1
	shift
	mkdir -p "$cdc_folder"
	initdb -D "$cdc_folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >"$cdc_folder/initdb.log" 2>&1 || {
		rm -rf "$cdc_folder/data"
		initdb -D "$cdc_folder/data" -U postgres -A trust -E UTF8 --locale=C -N >"$cdc_folder/initdb.log" 2>&1
	} || {
		cat "$cdc_folder/initdb.log" >&2
		return 1
	}
	{
		cat <<-EOF
			listen_addresses = ''
			unix_socket_directories = '$cdc_folder'
			port = 54321
			fsync = off
			wal_level = logical
			max_connections = 60
			max_wal_senders = 30
			max_replication_slots = 60
			max_prepared_transactions = 10
			shared_buffers = 32MB
			autovacuum = off
			timezone = 'UTC'
			lc_messages = 'C'
			log_line_prefix = '%m [%p] %q%a '
		EOF
		cdc_server_settings
		for setting in "$@"; do
			printf '%s\n' "$setting"
		done
	} >>"$cdc_folder/data/postgresql.conf"
	pg_ctl -D "$cdc_folder/data" -l "$cdc_folder/log" -t 120 -w start >"$cdc_folder/pg_ctl.log" 2>&1 || {
		cat "$cdc_folder/pg_ctl.log" "$cdc_folder/log" >&2
		return 1
	}
	PGHOST=$cdc_folder PGPORT=54321 PGUSER=postgres PGDATABASE=postgres
	export PGHOST PGPORT PGUSER PGDATABASE
}

cdc_cluster_stop() {
	[ ! -e "$1/data/postmaster.pid" ] ||
		pg_ctl -D "$1/data" -m "${2:-fast}" -t 60 -w stop >/dev/null 2>&1
}

cdc_sql() {
	psql -XqAt -v ON_ERROR_STOP=1 "$@"
}
