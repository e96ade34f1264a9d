# lib.sh: what kafka, connect and opensearch share: Java, jars from Maven Central, programs
# that run in the background until they are stopped.
#
# Jars are kept in $DOWNSTREAM_CACHE (default: cdc_json/downstream in the user's
# cache folder).  Several runs may fill it at once: a folder appears whole.
#
# POSIX sh, sourced with down_here set to this folder.

down_cache=${DOWNSTREAM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/cdc_json/downstream}
down_maven=org.apache.maven.plugins:maven-dependency-plugin:3.6.1

down_die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Sets java; Kafka 4 and the connectors of Debezium 3 are built for Java 17.
down_java() {
	java=java
	[ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java
	command -v "$java" >/dev/null 2>&1 ||
		down_die "there is no Java: install Java 17 or later (Debian: openjdk-17-jre-headless), or set JAVA_HOME"
	major=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
	[ "${major:-0}" -ge 17 ] ||
		down_die "Kafka needs Java 17 or later, and $java is version ${major:-that it does not say}"
}

# down_fetch NAME MAVEN-ARGUMENT...: sets down_folder to a folder with what Maven
# copies, from the cache if it is there.
down_fetch() {
	down_folder=$down_cache/$1
	[ ! -d "$down_folder" ] || return 0
	command -v mvn >/dev/null 2>&1 ||
		down_die "there is no Maven, which fetches $1: install it (Debian: maven)"
	mkdir -p "$down_cache" || down_die "cannot make $down_cache: DOWNSTREAM_CACHE names another folder"
	down_new=$(mktemp -d "$down_cache/new.XXXXXX") || exit 1
	shift
	mvn -B -q "$@" -DoutputDirectory="$down_new" >"$down_new.log" 2>&1 || {
		tail -n 15 "$down_new.log" >&2
		rm -rf "$down_new" "$down_new.log"
		down_die "Maven could not fetch ${down_folder##*/}: the first time, this needs the network"
	}
	rm -f "$down_new.log"
	for archive in "$down_new"/*.tar.gz; do
		[ ! -f "$archive" ] || { tar -xzf "$archive" -C "$down_new" && rm "$archive"; } || exit 1
	done
	chmod 755 "$down_new"
	# another run may have been faster
	mv -T "$down_new" "$down_folder" 2>/dev/null || rm -rf "$down_new"
}

# Sets down_folder: broker, tools and worker.  Another pom is another folder.
down_fetch_kafka() {
	down_fetch "kafka-$(cksum <"$down_here/pom.xml" | cut -d ' ' -f 1)" \
		-f "$down_here/pom.xml" "$down_maven:copy-dependencies" -DincludeScope=runtime
}

# Sets down_folder: a search server, which compiles a class of ours itself.
down_fetch_opensearch() {
	"$java" --list-modules 2>/dev/null | grep -q '^jdk.compiler' ||
		down_die "$java is no JDK: install one (Debian: openjdk-17-jdk-headless), or set JAVA_HOME"
	down_fetch "opensearch-$(cksum <"$down_here/opensearch.xml" | cut -d ' ' -f 1)" \
		-f "$down_here/opensearch.xml" "$down_maven:copy-dependencies" -DincludeScope=runtime
}

# down_free_ports N: prints N different ones
down_free_ports() {
	perl -MIO::Socket::INET -e '@s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") } 1 .. shift;
		print join(" ", map { $_->sockport } @s), "\n"' "$1" || down_die "found no free port (this takes perl)"
}

# down_log4j DIR: the program's log is DIR/log
down_log4j() {
	cat >"$1/log4j2.properties" <<-EOF
		status = error
		appender.file.type = File
		appender.file.name = file
		appender.file.fileName = $1/log
		appender.file.layout.type = PatternLayout
		appender.file.layout.pattern = [%d] %p %m (%c)%n%throwable
		rootLogger.level = INFO
		rootLogger.appenderRef.file.ref = file
	EOF
}

# The process of DIR/pid, if it still is the one that was started there.
down_running() {
	pid=$(cat "$1/pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null &&
		{ [ ! -r "/proc/$pid/cmdline" ] || tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qF "$1/"; }
}

# down_start DIR READY FAILED COMMAND...: returns when the log has a line like READY;
# fails if the process ends, if the log has a line like FAILED, or after two minutes.
down_start() {
	dir=$1 ready=$2 bad=$3
	shift 3
	! down_running "$dir" || down_die "already running in $dir, as process $pid"
	: >"$dir/log"
	"$@" </dev/null >"$dir/out" 2>&1 &
	echo $! >"$dir/pid"
	tries=0
	until grep -qE "$ready" "$dir/log"; do
		tries=$((tries + 1))
		if [ $tries -gt 600 ] || ! kill -0 "$(cat "$dir/pid")" 2>/dev/null || { [ -n "$bad" ] && grep -qE "$bad" "$dir/log"; }; then
			down_complain "$dir"
			down_stop "$dir"
			down_die "it did not start in $dir"
		fi
		sleep 0.2
	done
}

# What the program itself says is wrong, or its last words.
down_complain() {
	grep -hE -A 4 '^\[[^]]*\] (ERROR|FATAL)' "$1/log" >"$1/errors" || tail -n 15 "$1/log" >"$1/errors"
	head -n 30 "$1/errors" >&2
	tail -n 15 "$1/out" >&2
}

# down_stop DIR: ends it, in 20 seconds by itself or else by force; what it has stored stays
down_stop() {
	if down_running "$1"; then
		kill "$pid"
		tries=0
		while down_running "$1"; do
			tries=$((tries + 1))
			[ $tries -le 100 ] || kill -KILL "$pid" 2>/dev/null
			sleep 0.2
		done
	fi
	rm -f "$1/pid"
}
