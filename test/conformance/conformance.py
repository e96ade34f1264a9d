#!/usr/bin/env python3
"""The plugin's records beside the real connector's.

  conformance.py recorded [CASE...]   run cases through the plugin, compare with the recorded records
  conformance.py self-test            altered recorded files must fail
  conformance.py snapshots [CASE...]  the same of snapshots of the tables that cases leave
  conformance.py needs-test           what is said without Java, Maven or network
  conformance.py record [CASE...]     make the recorded files anew with the real connector; record-snapshots, those of snapshots
  conformance.py live [CASE...]       connector and plugin at once, on the same database
  conformance.py random SEED TABLES   the same with random tables; shrinks a difference to a small case
  conformance.py consumers [CASE...]  JsonConverter and Debezium's transforms read the plugin's records
  conformance.py sink [accept] [CASE...]  Debezium's JDBC sink copies the cases' tables; accept writes sink/limits.jsonl
  conformance.py bank RELAY           relay, broker, Kafka Connect and that sink copy the demo's bank
  conformance.py properties [write]   every property of the connector: PROPERTIES.md
  conformance.py moving               from the connector to the plugin and back, on the same topics
  conformance.py report               REPORT.md, with the results of the last runs of all these
  conformance.py accept [CASE...]     write the differences that are found to differences/, for review; accept-snapshots, those of snapshots
  conformance.py needs                gets what record and live need, or says what is missing
  conformance.py list                 cases and their subjects

Needs a cluster that has the plugin, at PGHOST, PGPORT and PGUSER; record and live also need Java and Maven.  The last line is
"N passed, N failed, N skipped".
"""
import json
import os
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "harness"))
import cases  # noqa: E402
import compare  # noqa: E402
import rows  # noqa: E402
from cases import Case, Failure  # noqa: E402

SETTINGS = ("quirks", "defaults")
RECORDED = HERE / "recorded"
CUT = 400
EXTENDED = re.compile(r'"__debezium\.context\.(?:connectorLogicalName|taskId|connectorName|runId)":"[^"]*",')


class Count:
    """What has passed and failed, and what was seen on the way."""

    def __init__(self):
        self.passed = self.failed = self.skipped = self.records = 0
        self.used = {}

    def fail(self, message):
        self.failed += 1
        print("FAILED: " + message, flush=True)

    def skip(self, message):
        self.skipped += 1
        print("skipped: " + message, flush=True)

    def end(self):
        print("%d passed, %d failed, %d skipped" % (self.passed, self.failed, self.skipped))
        return 1 if self.failed else 0


def find_cases(names):
    paths = sorted((HERE / "cases").glob("*.sql"))
    if names:
        unknown = set(names) - {p.stem for p in paths}
        if unknown:
            raise Failure("no such case: " + ", ".join(sorted(unknown)))
        paths = [p for p in paths if p.stem in names]
    return [Case(p) for p in paths]


def missing(case, available):
    return [e for e in case.needs if e not in available]


def extensions():
    return set(cases.psql("SELECT name FROM pg_available_extensions;").split())


def recorded_path(case, variant):
    return RECORDED / ("%s.%s.jsonl" % (case.name, variant))


def load_recorded(case, variant):
    """The lines, and the error that ended the connector or None."""
    path = recorded_path(case, variant)
    if not path.exists():
        raise Failure("%s is missing: conformance.py record %s" % (path, case.name))
    lines = cases.read_lines(path)
    if lines and lines[-1].startswith('{"error":'):
        return lines[:-1], json.loads(lines[-1])["error"]
    return lines, None


def without_headers(line):
    """The record as it is without extended headers."""
    i = line.rfind(',"headers":{')
    head, tail = line[:i + 12], line[i + 12:-2]
    return head + EXTENDED.sub("", tail + ",")[:-1] + "}}"


def differences(case, variant, setting, expected, made, rules):
    """Differences of one run, each as a row of differences/CASE.jsonl without its "row"."""
    expected = [compare.mask(x, rules) for x in expected]
    made = [compare.mask(y, rules) for y in made]
    if setting == "defaults" and case.variants[variant].get("extended.headers.enabled") != "true":
        expected = [without_headers(x) for x in expected]
    return [{"variant": variant, "setting": setting, "record": r, "member": m, "connector": x, "here": y}
            for r, m, x, y in compare.compare(expected, made)]


def judge(case, found, count, known=None):
    """Compares what was found with what is meant; True if it is the same."""
    if known is None:
        known = rows.load(case)
        for d in known:
            if d.get("row") not in rows.ROWS:
                raise Failure("%s: no such row: %s" % (rows.path(case), d.get("row")))
    meant = {rows.key(d): d for d in known}
    keys = {rows.key(d) for d in found}
    wrong = [d for d in found if rows.key(d) not in meant]
    gone = [d for k, d in meant.items() if k not in keys]
    for d in wrong[:4]:
        count.fail("%s, %s, %s, record %d, %s: expected %.*s, made %.*s" % (
            case.name, d["variant"], d["setting"], d["record"], d["member"], CUT, d["connector"], CUT, d["here"]))
    for d in gone[:4]:
        if not wrong:
            count.fail("%s, %s, %s, record %d, %s: no difference any more; differences/ says connector %.*s, here %.*s" % (
                case.name, d["variant"], d["setting"], d["record"], d["member"], CUT, d["connector"], CUT, d["here"]))
    for k, d in meant.items():
        if k in keys:
            count.used[d["row"], d["setting"]] = count.used.get((d["row"], d["setting"]), 0) + 1
    return not wrong and not gone


def compare_recorded(case, count, folder, settings=SETTINGS):
    """Runs a case and returns all its differences."""
    return find_differences(case, cases.run_plugin(case, settings, folder), count)


def find_differences(case, made, count):
    found = []
    for (variant, setting), lines in made.items():
        expected, _ = load_recorded(case, variant)
        count.records += len(expected)
        if setting == "defaults":
            count.used["headers", setting] = count.used.get(("headers", setting), 0) + sum('"__debezium.context.' in x for x in expected)
        found += differences(case, variant, setting, expected, lines, compare.RECORDED)
    return found


def command_report(names):
    import report
    count = Count()
    status = command_recorded([], count, check=False) | command_snapshots([], True)
    available = extensions()
    report.write([c for c in find_cases([]) if not missing(c, available)], count)
    return status


def note(name, text, names=(), **versions):
    """For the report, unless only some cases were run."""
    import report
    print(text)
    if not names:
        versions["postgresql"] = cases.psql("SHOW server_version;").split()[0]
        report.note(name, text, versions)


def check_report(count, available):
    """Without all extensions, or on another server, the numbers are others."""
    import report
    recorded = json.loads((HERE / "recorded" / "versions.json").read_text(encoding="utf-8"))["postgresql"]
    if count.skipped or count.failed or recorded.split(".")[0] != cases.psql("SHOW server_version;").split(".")[0]:
        return
    message = report.check([c for c in find_cases([]) if not missing(c, available)], count)
    if message:
        count.fail(message)
    count.passed += not message


def command_recorded(names, count=None, check=True):
    count = count or Count()
    available = extensions()
    begun = time.time()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for case in find_cases(names):
            lacking = missing(case, available)
            if lacking:
                count.skip("%s: no extension %s" % (case.name, ", ".join(lacking)))
                continue
            try:
                if judge(case, compare_recorded(case, count, pathlib.Path(folder)), count):
                    count.passed += 1
            except Failure as error:
                count.fail("%s: %s" % (case.name, error))
    if not names:
        wrong = rows.check_readme({row for row, _ in count.used})
        for message in wrong:
            count.fail(message)
        count.passed += not wrong
        if check:
            check_report(count, available)
    cases.drop_database()
    print("%d records compared in %d s" % (count.records, time.time() - begun))
    return count.end()


def command_accept(names):
    import explain
    count = Count()
    available = extensions()
    with tempfile.TemporaryDirectory() as folder:
        for case in find_cases(names):
            if missing(case, available):
                continue
            try:
                found = compare_recorded(case, count, pathlib.Path(folder))
            except Failure as error:
                count.fail("%s: %s" % (case.name, error))
                continue
            before = {rows.key(d): d["row"] for d in rows.load(case)}
            for d in found:
                d["row"] = before.get(rows.key(d)) or explain.row(case, d)
                if not d["row"]:
                    count.fail("%s, %s, %s, record %d, %s: unexplained: connector %.*s, here %.*s" % (
                        case.name, d["variant"], d["setting"], d["record"], d["member"], CUT, d["connector"], CUT, d["here"]))
            rows.save(case, [d for d in found if d["row"]])
            count.passed += 1
    return count.end()


def command_record(names):
    import connector
    count = Count()
    available = extensions()
    (HERE / "recorded").mkdir(exist_ok=True)
    java = connector.Connector(os.environ.get("CONFORMANCE_LOG"))
    try:
        for case in find_cases(names):
            if missing(case, available):
                count.skip("%s: no extension %s" % (case.name, ", ".join(missing(case, available))))
                continue
            for variant in case.variants:
                try:
                    lines, error, _ = connector.run_connector(java, case, variant)
                except Failure as failure:
                    count.fail("%s, %s: %s" % (case.name, variant, failure))
                    continue
                lines = [compare.mask(line) for line in lines]
                if error:
                    print("%s, %s: the connector ended: %.200s" % (case.name, variant, error), flush=True)
                    lines.append(json.dumps({"error": error.split(" | ")[-1]}, ensure_ascii=False))
                text = "".join(line + "\n" for line in lines)
                recorded_path(case, variant).write_text(text, encoding="utf-8")
                count.passed += 1
                count.records += len(lines)
        versions = java.ask(do="versions")
        versions["postgresql"] = cases.psql("SHOW server_version;").split()[0]
        (HERE / "recorded" / "versions.json").write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")
    finally:
        java.close()
    print("%d records recorded" % count.records)
    return count.end()


def command_live(names):
    import connector
    count = Count()
    available = extensions()
    try:
        java = connector.Connector(os.environ.get("CONFORMANCE_LOG"))
    except Failure as failure:
        print(failure)
        return 1
    try:
        for case in find_cases(names):
            if missing(case, available):
                count.skip("%s: no extension %s" % (case.name, ", ".join(missing(case, available))))
                continue
            known = rows.load(case)
            for variant in case.variants:
                def read(database):
                    options = cases.plugin_options(case.variants[variant], True)
                    return cases.psql(cases.peek("plugin", options), database).split("\n")[:-1]
                try:
                    lines, error, made = connector.run_connector(java, case, variant, read)
                    count.records += len(lines)
                    # of what its publication leaves out, the connector does not see the commits either
                    rules = compare.LIVE + compare.COMMITS * ("skipped.operations" in case.variants[variant])
                    found = differences(case, variant, "quirks", lines, cases.records_of_case(made), rules)
                    if judge_live(case, variant, found, known, count):
                        count.passed += 1
                except Failure as failure:
                    count.fail("%s, %s: %s" % (case.name, variant, failure))
        versions = java.ask(do="versions")
    finally:
        java.close()
    note("live", "%d runs, %d records, %d failed" % (count.passed + count.failed, count.records, count.failed), names, **versions)
    return count.end()


def judge_live(case, variant, found, known, count):
    """Live, a whole record in a difference has other positions: it is compared as the recorded one."""
    def masked(d):
        return {**d, "connector": compare.mask(d["connector"]), "here": compare.mask(d["here"])}
    return judge(case, [masked(d) for d in found], count, [d for d in known if d["setting"] == "quirks" and d["variant"] == variant])


TABLES_AT_ONCE = 20


def command_random(words):
    """SEED TABLES: tables of that many, 20 at a time, each set with a seed and options of its own."""
    import connector
    import generate
    seed, wanted = (int(w) for w in (words + ["1", "200"][len(words):])[:2])
    count = Count()
    java = connector.Connector(os.environ.get("CONFORMANCE_LOG"))

    def differs(options, tables, seed):
        """A difference between the two, as a message, or None."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "random.sql"
            path.write_text(generate.case_text("Random, seed %d." % seed, options, tables, seed), encoding="utf-8")
            case = Case(path)

            def read(database):
                return cases.psql(cases.peek("plugin", cases.plugin_options(case.variants["base"], True)), database).split("\n")[:-1]
            try:
                lines, error, made = connector.run_connector(java, case, "base", read)
            except Failure as failure:
                return "%s" % failure
        if error:
            return "the connector ended: " + error
        count.records += len(lines)
        found = differences(case, "base", "quirks", lines, cases.records_of_case(made), compare.LIVE)
        return None if not found else "record %d, %s: expected %.*s, made %.*s" % (
            found[0]["record"], found[0]["member"], CUT, found[0]["connector"], CUT, found[0]["here"])

    try:
        for first in range(0, wanted, TABLES_AT_ONCE):
            this = seed * 100000 + first
            generator = generate.Generator(this)
            options, tables = generator.options, generator.tables(min(TABLES_AT_ONCE, wanted - first))
            message = differs(options, tables, this)
            if message is None:
                count.passed += len(tables)
                continue
            progress = True
            while progress:
                progress = False
                for o, t in generate.smaller(options, tables):
                    found = differs(o, t, this)
                    if found:
                        options, tables, message, progress = o, t, found, True
                        break
            count.fail("seed %d: %s\n%s" % (this, message, generate.case_text("Random, seed %d." % this, options, tables, this)))
            if count.failed >= 5:
                break
        versions = java.ask(do="versions")
    finally:
        java.close()
    note("random" if wanted >= 2000 else "random, short run", "%d tables, %d records, seed %d, %d failed" % (
        count.passed, count.records, seed, count.failed), **versions)
    return count.end()


def command_consumers(names):
    import connector
    import consumers
    count = Count()
    available = extensions()
    java = connector.Connector(os.environ.get("CONFORMANCE_LOG"))
    try:
        consumers.run(java, [c for c in find_cases(names) if not missing(c, available)], count)
        versions = java.ask(do="versions")
    finally:
        java.close()
    note("consumers", "%d records read by JsonConverter, %d unwrapped by ExtractNewRecordState, %d failed" % (
        count.records, count.unwrapped, count.failed), names, **versions)
    return count.end()


def command_sink(names):
    import connector
    import sink
    count = Count()
    accept = names[:1] == ["accept"]
    names = names[accept:]
    available = extensions()
    java, writer = connector.Connector(os.environ.get("CONFORMANCE_LOG")), sink.Sink(connector.cache(), os.environ.get("SINK_LOG"))
    try:
        sink.run(java, writer, [c for c in find_cases(names) if not missing(c, available)], count, accept)
        versions = java.ask(do="versions")
    finally:
        writer.close()
        java.close()
    note("sink", "%d records of %d cases, %d columns equal, %d listed below, %d failed" % (
        count.records, count.cases, count.equal, len(sink.load_limits()), count.failed), names, sink=downstream_version("connect", "version_jdbc="), **versions)
    return count.end()


def downstream_version(file, before):
    """A version that a file of test/downstream names."""
    text = (HERE.parent / "downstream" / file).read_text(encoding="utf-8")
    return re.match(r"[\w.]+", text.split(before)[1]).group(0)


def command_bank(words):
    import bank
    if len(words) != 1:
        raise Failure("bank needs the relay's program")
    count = Count()
    bank.run(words[0], count)
    note("bank", "4 tables, %d rows at the end, equal at %d moments, %d failed" % (count.records, count.passed, count.failed),
         sink=downstream_version("connect", "version_jdbc="), kafka=downstream_version("pom.xml", "<version.kafka>"))
    return count.end()


def command_properties(words):
    import properties
    count = Count()
    properties.run(count, words == ["write"])
    return count.end()


def command_moving(names):
    import connector
    import moving
    count = Count()
    java = connector.Connector(os.environ.get("CONFORMANCE_LOG"))
    try:
        moving.run(java, count)
        versions = java.ask(do="versions")
    finally:
        java.close()
    note("moving", "%d comparisons of topic and table, %d failed" % (count.passed + count.failed, count.failed), **versions)
    return count.end()


def command_needs(names):
    import connector
    connector.find_java()
    connector.build()
    return 0


def command_needs_test(names):
    import needs
    count = Count()
    needs.run(count)
    return count.end()


def command_self_test(names):
    import selftest
    import snapshots
    return selftest.run(sys.modules[__name__]) | snapshots.self_test(sys.modules[__name__])


def command_snapshots(names, keep=False):
    import snapshots
    count = Count()
    status = snapshots.run(sys.modules[__name__], names, count)
    if keep:
        note("snapshots", "%d records in two settings, %d failed" % (count.records, count.failed))
    return status


def command_record_snapshots(names):
    import snapshots
    return snapshots.record(sys.modules[__name__], names)


def command_accept_snapshots(names):
    import snapshots
    return snapshots.accept(sys.modules[__name__], names)


def command_list(names):
    for case in find_cases(names):
        print("%-40s %s" % (case.name, case.title))
    return 0


COMMANDS = {"needs": command_needs, "needs-test": command_needs_test, "recorded": command_recorded, "accept": command_accept, "record": command_record, "live": command_live,
            "random": command_random, "moving": command_moving, "report": command_report, "properties": command_properties,
            "bank": command_bank, "consumers": command_consumers, "sink": command_sink, "snapshots": command_snapshots,
            "record-snapshots": command_record_snapshots, "accept-snapshots": command_accept_snapshots, "self-test": command_self_test,
            "list": command_list}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    try:
        sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
    except Failure as error:
        sys.exit("%s\n0 passed, 1 failed, 0 skipped" % error)
