"""Rows that are there already: the connector's initial snapshot beside snapshot() and read_event().

A case is run to its end; then its tables are read.  recorded/snapshot/CASE.VARIANT.jsonl is what the connector makes of them, for
cases that leave rows behind; differences/snapshot/CASE.jsonl lists what is other here on purpose, as differences/ does for the stream.
Where the connector's snapshot reads a value in another way than its stream does, a row here follows the stream: ROWS says of which
that is true, and SNAPSHOTS.md, made from these, which ones were met.
"""
import contextlib
import fnmatch
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

import cases
import compare
import explain
import rows
import transforms
from cases import HERE, Failure

RECORDED = HERE / "recorded" / "snapshot"
DIFFERENCES = HERE / "differences" / "snapshot"
# before a snapshot no commit is known
RULES = compare.RECORDED + [(re.compile(r'"sequence":"\[null,\\"\d+\\"\]"'), r'"sequence":"[null,\\"0\\"]"')]
# name: (words of README.md, case that shows it, ...): where a row follows the stream and the connector's snapshot does not
ROWS = {
    "era": ("a `date` BC or infinite", "type_date*"),
    "excluded-key-zero": ("a key column that is excluded", "filter_column_*"),
    "name-sent": ("with `debezium.quirks` a `name`", "type_name", "identity_default_fallbacks"),
    "twice": ("rows of partitions and of inheriting tables, which it reads once more as their parent's", "partition_*", "table_inherited"),
    "stops": ("what ends it: a table without columns, a `refcursor`", "table_no_columns", "type_system"),
}
MARK = [(re.compile(r'"(\w*snapshot)":"[a-z_]+"'), r'"\1":"M"')]
# what PostGIS brings is no subject of a case
EXCLUDED = r"public\.spatial_ref_sys"
# as the connector fills them
SOURCE = {"snapshot.lsn": "0/1", "snapshot.txid": "1"}

# It streams from where the snapshot was taken, whenever that is.
MARKERS = """DO $$ BEGIN FOR i IN 1..1000 LOOP
PERFORM pg_logical_emit_message(false, 'conformance.end', 'm0'), pg_current_xact_id(); COMMIT; PERFORM pg_sleep(0.1); END LOOP; END $$"""

# Heaps; or tables that are no partitions, where those are shown as their root.
TABLES = """SELECT format('%%I.%%I', n.nspname, c.relname), n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind %s AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'cdc_json')
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C";
"""


def recorded_path(case, variant):
    return RECORDED / ("%s.%s.jsonl" % (case.name, variant))


def load(case, variant):
    """The recorded lines; none for a case that leaves no rows, which has no file."""
    path = recorded_path(case, variant)
    return [x for x in cases.read_lines(path) if not x.startswith('{"error":')] if path.exists() else []


def play(case):
    """Runs the whole case, with nobody watching, but leaves out a DELETE or TRUNCATE in its last line."""
    lines = [line for part in [case.setup, [(len(case.setup) + 1, "\\connect -")]] + case.sections for line in part]
    while lines and not lines[-1][1].strip():
        lines.pop()
    if re.match("(DELETE FROM|TRUNCATE) [^;]*;$", lines[-1][1]):
        lines.pop()
    cases.clean_database()
    cases.psql(case.sql(lines), cases.DATABASE, case.path)


# ---------- the connector ----------

def run_connector(java, case, variant):
    """The records of its snapshot, and the error that ended it or None."""
    import connector
    properties = dict(case.variants[variant])
    if "postgis" in case.needs and "table.include.list" not in properties:
        properties["table.exclude.list"] = ",".join(p for p in (properties.get("table.exclude.list"), EXCLUDED) if p)
    markers = None
    try:
        cases.psql("%s\nSELECT pg_create_logical_replication_slot('connector', 'pgoutput');\n" % connector.publication(properties), cases.DATABASE)
        config, converter = connector.connector_properties(properties, cases.DATABASE)
        config["snapshot.mode"] = "initial"
        markers = subprocess.Popen(["psql", "-Xqc", MARKERS, cases.DATABASE], env=dict(cases.ENV, PGAPPNAME="conformance.end"), stderr=subprocess.DEVNULL)
        answer = java.ask(do="start", connector=config, converter=converter)
        if "error" not in answer:
            answer = java.ask(do="await", marker="m0")
        lines, error = answer.get("records", []), answer.get("error")
    finally:
        java.ask(do="stop")
        cases.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'conformance.end'; SELECT pg_drop_replication_slot('connector'); DROP PUBLICATION dbz_publication;", cases.DATABASE)
        if markers:
            markers.wait()
    return [x for x in lines if not cases.is_marker(x)], error


def record(main, names):
    """Makes recorded/snapshot anew."""
    import connector
    count = main.Count()
    available = main.extensions()
    RECORDED.mkdir(exist_ok=True)
    java = connector.Connector(os.environ.get("CONFORMANCE_LOG"))
    try:
        for case in main.find_cases(names):
            if main.missing(case, available):
                count.skip("%s: no extension %s" % (case.name, ", ".join(main.missing(case, available))))
                continue
            play(case)
            for variant in case.variants:
                try:
                    record_variant(java, case, variant, count)
                except Failure as failure:
                    count.fail("%s, %s: %s" % (case.name, variant, failure))
    finally:
        java.close()
    cases.drop_database()
    print("%d records of snapshots recorded" % count.records)
    return count.end()


def record_variant(java, case, variant, count):
    lines, error = run_connector(java, case, variant)
    lines = [compare.mask(x, RULES) for x in lines]
    if error:
        print("%s, %s: the connector ended: %.200s" % (case.name, variant, error), flush=True)
        lines.append(json.dumps({"error": error.split(" | ")[-1]}, ensure_ascii=False))
    path = recorded_path(case, variant)
    if lines:
        path.write_text("".join(x + "\n" for x in lines), encoding="utf-8")
    elif path.exists():
        path.unlink()
    count.passed += 1
    count.records += len(lines)


# ---------- here ----------

def via_root(properties):
    return properties.get("publish.via.partition.root") == "true"


def tables_of_case(roots):
    """Pairs of a table as SQL writes it, and its name as patterns see it."""
    which = "IN ('r', 'p') AND NOT c.relispartition" if roots else "= 'r'"
    return [x.split("|") for x in cases.psql(TABLES % which, cases.DATABASE).split("\n")[:-1]]


def in_order(tables, properties):
    """The connector's order: of the patterns of table.include.list, then of names."""
    patterns = [p.strip().replace("\\,", ",") for p in re.split(r"(?<!\\),", properties.get("table.include.list", "")) if p.strip()]

    def place(name):
        return next((i for i, p in enumerate(patterns) if re.fullmatch(p, name, re.I)), len(patterns))
    return [table for table, name in sorted(tables, key=lambda t: place(t[1]))]


def queries(tables, properties, quirks):
    """What reads the tables with snapshot(), and with read_event()."""
    options = {"topic.prefix": "srv", **SOURCE, **({"debezium.quirks": "true"} if quirks else {}), **transforms.plugin_options(cases.with_markers(properties))}
    words = ",".join(cases.literal(word) for pair in options.items() for word in pair)
    array = "ARRAY[%s]::regclass[]" % ",".join(cases.literal(t) for t in tables)
    whole = ("SELECT format('{\"topic\":%%s,\"key\":%%s,\"value\":%%s,\"headers\":%%s}', to_json(topic), coalesce(key, 'null'), coalesce(value, 'null'), headers) "
             "FROM (SELECT (s).* FROM (SELECT cdc_json.snapshot(%s, VARIADIC ARRAY[%s]) AS s) AS q) AS r;\n" % (array, words))
    only = "" if via_root(properties) else "ONLY "
    single = "".join("SELECT e FROM (SELECT cdc_json.read_event(t, 'format', 'record', VARIADIC_ARRAY) AS e FROM %s%s AS t) AS q WHERE e IS NOT NULL;\n" % (only, t)
                     for t in tables).replace("'format', 'record', VARIADIC_ARRAY", "VARIADIC ARRAY['format', 'record', %s]" % words)
    return whole, single


def run_here(case, settings, folder):
    """Runs the case, and reads its tables: {(variant, setting): (lines of snapshot(), lines of read_event())}."""
    play(case)
    script = "CREATE EXTENSION cdc_json;\n"
    files = {}
    tables = {roots: tables_of_case(roots) for roots in {via_root(p) for p in case.variants.values()}}
    for variant, properties in case.variants.items():
        for setting in settings:
            files[variant, setting] = folder / ("%s.%s" % (variant, setting)), folder / ("%s.%s.rows" % (variant, setting))
            for file, query in zip(files[variant, setting], queries(in_order(tables[via_root(properties)], properties), properties, setting == "quirks")):
                script += "\\o %s\n%s" % (file, query)
    cases.psql(script, cases.DATABASE)
    return {key: tuple(cases.read_lines(p) for p in paths) for key, paths in files.items()}


def find(main, case, count, folder):
    """All differences of a case, and whether both functions make the same of each row."""
    found, same = [], True
    for (variant, setting), (whole, single) in run_here(case, main.SETTINGS, folder).items():
        expected = load(case, variant)
        count.records += len(expected)
        found += main.differences(case, variant, setting, expected, whole, RULES)
        clean = [[compare.mask(x, RULES + MARK) for x in lines] for lines in (whole, single)]
        for r, m, x, y in compare.compare(*clean)[:2]:
            count.fail("%s, %s, %s, record %d, %s: snapshot() has %.*s, read_event() %.*s" % (case.name, variant, setting, r, m, main.CUT, x, main.CUT, y))
            same = False
    return found, same


# ---------- what is meant ----------

def differences_path(case):
    return DIFFERENCES / (case.name + ".jsonl")


def load_differences(case):
    path = differences_path(case)
    known = [json.loads(x) for x in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    for d in known:
        if d.get("row") not in rows.ROWS and d.get("row") not in ROWS:
            raise Failure("%s: no such row: %s" % (path, d.get("row")))
    return known


def explain_row(case, d):
    """The row of a new difference: what the stream has there too, what only a snapshot has, what ends the connector."""
    member = re.sub(r"\d+", "", d["member"])
    for known in rows.load(case):
        if (known["variant"], known["setting"], re.sub(r"\d+", "", known["member"]), known["connector"]) == (d["variant"], d["setting"], member, d["connector"]):
            return known["row"]
    for name, (_, *patterns) in ROWS.items():
        if any(fnmatch.fnmatch(case.name, p) for p in patterns):
            return name
    return explain.row(case, d)


def each(main, names, count, work):
    """Calls work(case, differences) for the cases that leave rows; it returns whether the case has passed."""
    available = main.extensions()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for case in main.find_cases(names):
            if main.missing(case, available):
                count.skip("%s: no extension %s" % (case.name, ", ".join(main.missing(case, available))))
                continue
            try:
                found, same = find(main, case, count, pathlib.Path(folder))
                if work(case, found) and same:
                    count.passed += 1
            except Failure as error:
                count.fail("%s: %s" % (case.name, error))
    cases.drop_database()


def run(main, names, count):
    """Compares all that is recorded."""
    begun = time.time()
    each(main, names, count, lambda case, found: main.judge(case, found, count, load_differences(case)))
    if not names:
        text = " ".join((HERE.parent.parent / "README.md").read_text(encoding="utf-8").split())
        for name, (words, *_) in ROWS.items():
            if words not in text:
                count.fail("README.md does not say \"%s\"" % words)
            if not any(row == name for row, _ in count.used):
                count.fail("no case shows the row \"%s\"" % name)
    print("%d records of snapshots compared in %d s" % (count.records, time.time() - begun))
    return count.end()


def accept(main, names):
    """Writes the differences that are found, for review, and SNAPSHOTS.md."""
    count = main.Count()

    def take(case, found):
        before = {rows.key(d): d["row"] for d in load_differences(case)}
        for d in found:
            d["row"] = before.get(rows.key(d)) or explain_row(case, d)
            if not d["row"]:
                count.fail("%s, %s, %s, record %d, %s: unexplained: connector %.*s, here %.*s" % (
                    case.name, d["variant"], d["setting"], d["record"], d["member"], main.CUT, d["connector"], main.CUT, d["here"]))
        rows.save(case, [d for d in found if d["row"]], differences_path(case))
        return True
    each(main, names, count, take)
    return count.end()


# ---------- the comparison compares ----------

ALTERATIONS = (
    ("a mark", "key_change", lambda x: [x[0].replace('"first"', '"true"')] + x[1:], ("record 1", "value.source.snapshot", '"true"', '"first"')),
    ("the operation", "key_change", lambda x: [x[0].replace('"op":"r"', '"op":"c"')] + x[1:], ("record 1", "value.op")),
    ("a value", "type_boolean", lambda x: [x[0].replace('"a":true', '"a":false')] + x[1:], ("record 1", "value.after.a")),
    ("a record too few", "key_change", lambda x: x[1:], ("(record)", "expected (absent)")),
    ("a commit that is known", "key_change", lambda x: [x[0].replace("[null,", '[\\"0\\",')] + x[1:], ("record 1", "value.source.sequence")),
)


def self_test(main):
    """Altered recorded files must fail, and the message must say what and where."""
    global load
    honest, count = load, main.Count()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for what, name, alter, words in ALTERATIONS:
            case = main.find_cases([name])[0]

            def load(case, variant):
                lines = honest(case, variant)
                return alter(lines) if variant == "base" else lines
            text, inner = io.StringIO(), main.Count()
            with contextlib.redirect_stdout(text):
                same = main.judge(case, find(main, case, inner, pathlib.Path(folder))[0], inner, load_differences(case))
            lacks = [w for w in (name,) + words if w not in text.getvalue().split("\n")[0]]
            if same or lacks:
                count.fail("%s altered (%s): %s" % (what, name, "not noticed" if same else "no %s in: %s" % (", ".join(lacks), text.getvalue())))
            else:
                count.passed += 1
    load = honest
    cases.drop_database()
    return count.end()
