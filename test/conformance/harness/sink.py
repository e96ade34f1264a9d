"""Debezium's JDBC sink builds copies of the cases' tables, from the connector's records and from the plugin's.

Each case runs once, with schemas: rows of its set-up come from a snapshot on both sides ("r"), what follows is streamed.  The sink
writes both to schemas of their own, and each copy is compared with the source (tables.py).  A copy of ours must be equal; where it is
not, the connector's must differ in the same way, and the limit is one of sink/limits.jsonl: what the sink cannot do.
"""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

import cases
import connector as real
import consumers
import rows
import tables
from cases import DATABASE, HERE, Failure, literal

LIMITS = HERE / "sink" / "limits.jsonl"
DOWNSTREAM = HERE.parent / "downstream"
SIDES = ("connector", "ours")
TABLES = """SELECT coalesce(json_agg(c.oid::regclass::text), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^(pg_|information_schema$|cdc_json$|sink_)'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e');"""


def quote(name):
    return '"' + name.replace('"', '""') + '"'


class Sink:
    """A Java process that has the sink's task."""

    def __init__(self, cache, log=None):
        path = self.build(cache)
        self.log = open(log, "w") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(
            ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.timezone=UTC", "-cp", path, "JdbcSink"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, encoding="utf-8")

    @staticmethod
    def build(cache):
        done = subprocess.run([str(DOWNSTREAM / "connect"), "classpath", "jdbc"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        if done.returncode:
            raise Failure(done.stderr.strip())
        path = done.stdout.strip()
        folder, source = cache / "sink", HERE / "sink" / "JdbcSink.java"
        built = folder / "JdbcSink.class"
        if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
            if not shutil.which("javac"):
                raise Failure("there is no javac: install a JDK 17 or later (Debian: default-jdk-headless)")
            real.call(["javac", "-d", str(folder), "-cp", path, str(source)], "building with javac")
        return "%s:%s" % (folder, path)

    def write(self, records, schema, **more):
        """None, or what the sink says is wrong."""
        config = {"connection.url": "jdbc:postgresql://%(database.hostname)s:%(database.port)s/%(database.dbname)s"
                  % real.connector_properties({}, DATABASE)[0] + "?currentSchema=" + schema,
                  "connection.username": "postgres", "connection.password": "none", "collection.name.format": schema + ".${topic}",
                  "insert.mode": "upsert", "delete.enabled": "true", "primary.key.mode": "record_key", "schema.evolution": "basic",
                  "truncate.enabled": "true",
                  "quote.identifiers": "true", "connection.pool.min_size": "1", **more}
        try:
            self.process.stdin.write(json.dumps({"do": "write", "config": config, "records": records}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failure("the sink's process ended (exit status %s)" % self.process.wait())
        return json.loads(line).get("error")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def await_marker(java, number):
    """A marker until one has come: the connector streams from where its snapshot has ended."""
    done = threading.Event()

    def send():
        while True:
            cases.psql(cases.marker(number), DATABASE)
            if done.wait(0.3):
                return
    sender = threading.Thread(target=send)
    sender.start()
    try:
        return java.ask(do="await", marker="m%d" % number)
    finally:
        done.set()
        sender.join()


def snapshot(options):
    names = json.loads(cases.psql(TABLES, DATABASE))
    if not names:
        return []
    words = [literal(word) for pair in options.items() if pair[0] != "format" for word in pair]
    made = cases.psql("SELECT json_build_object('topic', (s).topic, 'key', (s).key, 'value', (s).value) FROM (SELECT cdc_json.snapshot(%s, VARIADIC ARRAY[%s]) AS s) x;"
                      % (literal("{%s}" % ",".join('"%s"' % n.replace("\\", "\\\\").replace('"', '\\"') for n in names)) + "::regclass[]", ",".join(words)), DATABASE)
    return [json.loads(row) for row in made.splitlines()]


def records_of_both(java, case):
    """{side: records} of a case with the properties of its first variant, and schemas."""
    properties = {**next(iter(case.variants.values())), "schemas.enable": "true", "replace.null.with.default": "false", "snapshot.mode": "initial"}
    cases.clean_database()
    cases.psql("CREATE EXTENSION cdc_json;", DATABASE)
    cases.psql(case.sql(case.setup), DATABASE, case.path)
    cases.psql("%s\nSELECT pg_create_logical_replication_slot('plugin', 'cdc_json');%s" % (real.publication(properties), cases.BEGIN_STREAM), DATABASE)
    options = cases.plugin_options({k: v for k, v in properties.items() if k != "snapshot.mode"}, False)
    ours = snapshot(options)
    config, converter = real.connector_properties(properties, DATABASE)
    try:
        answer = java.ask(do="start", connector=config, converter=converter)
        if "error" not in answer:
            answer = await_marker(java, 1)
        lines = answer.get("records", [])
        for number, section in enumerate(case.sections, 2):
            cases.psql(case.sql(section), DATABASE, case.path)
            cases.psql(cases.marker(number), DATABASE)
            if "error" not in answer:
                answer = java.ask(do="await", marker="m%d" % number)
                lines += answer.get("records", [])
        lines += java.ask(do="stop").get("records", [])
    finally:
        java.ask(do="stop")
    ours += [consumers.split(line) for line in cases.psql(cases.peek("plugin", options), DATABASE).split("\n")[:-1]]
    return {"connector": [consumers.split(line) for line in lines], "ours": ours}, answer.get("error")


def by_table(records):
    """{(schema, table): records} of tables whose rows have a key, with their truncates, which have none."""
    found, keyed, place = {}, set(), {}
    for record in records:
        value = json.loads(record["value"])["payload"] if record["value"] else None
        if value and value.get("op") in ("r", "c", "u", "d", "t"):
            place[record["topic"]] = value["source"]["schema"], value["source"]["table"]
        if record["topic"] not in place or value and "op" not in value:
            continue
        if record["key"]:
            keyed.add(place[record["topic"]])
        if record["key"] or value and value["op"] == "t":
            found.setdefault(place[record["topic"]], []).append(record)
    return {name: found[name] for name in keyed}


def copy_name(side, records):
    return "sink_%s.%s" % (side, quote(records[0]["topic"].replace(".", "_")))


def fields(records):
    """Columns by their names in the first row that has some."""
    for record in records:
        value = json.loads(record["value"])["payload"] if record["value"] else {}
        row = value.get("after") or value.get("before")
        if row and record["key"]:
            return list(row), list(json.loads(record["key"])["payload"])
    return [], []


def build(sink, side, records):
    """Writes a copy.  {column: message} for columns that the sink refuses; they are left out of the copy."""
    schema = "sink_" + side
    refused = {}
    error = sink.write(records, schema)
    if error is None:
        return refused
    columns, key = fields(records)
    topic = records[0]["topic"]

    def attempt(chosen):
        cases.psql("DROP TABLE IF EXISTS %s;" % copy_name(side, records), DATABASE)
        return sink.write(records, schema, **{"field.include.list": ",".join("%s:%s" % (topic, c) for c in chosen)})
    for column in columns:
        if column not in key:
            message = attempt(key + [column])
            if message:
                refused[column] = "refused: " + shorten(message)
    rest = [c for c in columns if c not in refused]
    message = attempt(rest) if refused else error
    if message:
        refused[""] = "refused: " + shorten(message)
    return refused


def shorten(message):
    """The first line, without what differs from run to run."""
    return re.sub(r"@[0-9a-f]+", "@", message.splitlines()[0].replace("sink_connector", "S").replace("sink_ours", "S"))[:160]


def prepare():
    """Schemas for the copies.  The sink writes points with functions of PostGIS, in the schema public."""
    cases.psql("".join("CREATE SCHEMA sink_%s;" % side for side in SIDES), DATABASE)
    if cases.psql("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis';"):
        try:
            cases.psql("CREATE SCHEMA IF NOT EXISTS public; CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;", DATABASE)
        except Failure:
            pass  # a case has tables of its names


def examine(java, sink, case):
    """{(table, column): {side: message}} of a case for what is not equal; the numbers of columns and records that were."""
    both, error = records_of_both(java, case)
    types, found = {}, {}
    equal = records = 0
    prepare()
    for side in SIDES:
        for (schema, table), written in sorted(by_table(both[side]).items()):
            name = "%s.%s" % (quote(schema), quote(table))
            refused = build(sink, side, written)
            wrong = tables.compare(name, copy_name(side, written), DATABASE, refused) if "" not in refused else {}
            columns = tables.columns(name, DATABASE)
            types.update({("%s.%s" % (schema, table), c.name): c.type for c in columns})
            for column, message in {**refused, **wrong}.items():
                found.setdefault(("%s.%s" % (schema, table), column), {})[side] = message
            if side == "ours":
                equal += len([c for c in columns if c.name not in refused and c.name not in wrong])
                records += len(written)
    return found, types, equal, records, error


def limit(case, table, column, kind, messages):
    """A row of limits.jsonl.  Where the copies differ, a row of the README's table must explain it."""
    found = {"case": case.name, "table": table, "column": column, "type": kind, "connector": messages.get("connector"), "here": messages.get("ours")}
    if found["connector"] != found["here"]:
        known = rows.load(case)
        exact = {d["row"] for d in known if ("." + d["member"]).endswith("." + column)} if column else set()
        found["rows"] = sorted(exact or {d["row"] for d in known})
    return found


def load_limits():
    if not LIMITS.exists():
        return []
    return [json.loads(line) for line in LIMITS.read_text(encoding="utf-8").splitlines()]


def run(java, sink, chosen, count, accept=False):
    """Cases against limits.jsonl, or with accept the other way round."""
    # what transforms make is no longer of tables
    chosen = [case for case in chosen if not any("transforms" in properties for properties in case.variants.values())]
    names = {case.name for case in chosen}
    kept = [d for d in load_limits() if d["case"] not in names]
    count.equal, count.cases = 0, len(chosen)
    for case in chosen:
        try:
            found, types, equal, records, error = examine(java, sink, case)
        except Failure as failure:
            count.fail("sink: %s: %s" % (case.name, failure))
            kept += [d for d in load_limits() if d["case"] == case.name]
            continue
        count.equal += equal
        count.records += records
        made = [limit(case, table, column, types.get((table, column)), messages) for (table, column), messages in sorted(found.items())]
        kept += made
        if judge(case, made, [] if accept else [d for d in load_limits() if d["case"] == case.name], count, accept):
            count.passed += 1
    if accept:
        kept.sort(key=lambda d: (d["case"], d["table"], d["column"]))
        LIMITS.write_text("".join(json.dumps(d, ensure_ascii=False) + "\n" for d in kept), encoding="utf-8")
    try:
        keyless(java, sink, count)
    except Failure as failure:
        count.fail("sink: a table without a key: %s" % failure)
    cases.drop_database()


def judge(case, made, known, count, accept):
    wrong = [d for d in made if d.get("rows") == [] or not (accept or d in known)]
    gone = [] if accept else [d for d in known if d not in made]
    for what, d in [("unexplained" if accept else "not in limits.jsonl", d) for d in wrong[:3]] + [("no limit any more", d) for d in gone[:3]]:
        count.fail("sink: %s, %s, column %s (%s): %s: with the connector's records %s, with ours %s" % (
            case.name, d["table"], d["column"] or "(all)", d["type"], what, d["connector"] or "equal", d["here"] or "equal"))
    return not wrong and not gone


KEYLESS = """-- A table without a key, and emptied.
-- set skipped.operations=none
CREATE TABLE t (v text);
INSERT INTO t VALUES ('a'), (NULL);
-- STREAM
INSERT INTO t VALUES ('b');
TRUNCATE t;
INSERT INTO t VALUES ('y'), ('z'), ('z');
"""


def keyless(java, sink, count):
    """Rows without a key can only be inserted."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "keyless.sql"
        path.write_text(KEYLESS, encoding="utf-8")
        both, error = records_of_both(java, cases.Case(path))
    if error:
        raise Failure("the connector ended: " + error)
    prepare()
    for side in SIDES:
        error = sink.write([r for r in both[side] if r["topic"] == "srv.public.t"], "sink_" + side, **{
            "insert.mode": "insert", "primary.key.mode": "none", "delete.enabled": "false"})
        rows = [cases.psql("SELECT v FROM %st ORDER BY 1;" % schema, DATABASE) for schema in ("public.", "sink_%s.srv_public_" % side)]
        if error or rows[0] != rows[1]:
            raise Failure("%s: %s; %r in the table, %r in the copy" % (side, error, rows[0], rows[1]))
    count.passed += 1
