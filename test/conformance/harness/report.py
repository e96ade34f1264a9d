"""REPORT.md: what was compared, with which result.

Made of the recorded comparison at hand and of results.json, which keeps the last result of each run that needs Java, with its date and
versions.  Both are in the repository; `make test` fails when REPORT.md is not of the cases, results and differences that are there.
"""
import datetime
import json
import re

import cases
import rows
import sink
from cases import HERE

RESULTS = HERE / "results.json"
REPORT = HERE / "REPORT.md"
COMPARISONS = {
    "snapshots": "rows that are there already, beside the connector's initial snapshot",
    "live": "connector and plugin at once, on the same log",
    "random": "the same with random tables",
    "random, short run": "the same with random tables, in each live run",
    "consumers": "`JsonConverter`, `ExtractNewRecordState` and `EventRouter` read the plugin's records",
    "sink": "Debezium's JDBC sink copies the tables of the cases",
    "bank": "relay, Kafka, Kafka Connect with that sink",
    "moving": "from the connector to the plugin and back, as the README tells it",
}
# How limits.jsonl is read: the first that is found in a limit's message, or in the name of its case.
LIMITS = (
    ("meant", r"^(mask|filter)_", "differ on purpose: the case masks or filters columns"),
    ("unavailable", r"^toast_", "have the placeholder: the log does not hold the value"),
    ("not sent", r"no such column in the copy", "have no copy: the connector does not send the type"),
    ("keys", r"no key|only here|no unique or exclusion|no key fields|not-null constraint", "belong to tables that get another key or are made anew, or whose truncates are left out"),
    ("sink", r"", "are refused or altered by the sink"),
)


def load():
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def note(name, text, versions):
    """Keeps the result of a run."""
    results = load()
    results[name] = {"result": text, "date": str(datetime.date.today()), "versions": versions}
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def name_versions(versions):
    words = (("debezium", "connector"), ("sink", "JDBC sink"), ("kafka", "Kafka"), ("java", "Java"), ("postgresql", "PostgreSQL"))
    return ", ".join("%s %s" % (word, versions[v]) for v, word in words if v in versions)


def limits():
    """Lines about what the sink cannot do, with or without us: how often, of which types; and an example of each type that is its own doing."""
    found = {name: [] for name, _, _ in LIMITS}
    for d in sink.load_limits():
        if d["connector"] == d["here"]:
            found[next(name for name, pattern, _ in LIMITS if re.search(pattern, d["case"] if pattern[:1] == "^" else d["here"]))].append(d)
    for name, _, words in LIMITS:
        types = sorted({"`%s`" % plain_type(d) for d in found[name] if d["type"]}) if name != "sink" else ["see below"]
        yield "| %s | %d | %s |" % (words, len(found[name]), ", ".join(types))
    yield from ["", "| Type | Refused or altered by the sink, for example |", "|---|---|"]
    examples = {}
    for d in found["sink"]:
        examples.setdefault(plain_type(d) if d["type"] else "(rows)", []).append(d["here"].replace("|", "\\|"))
    for name, messages in sorted(examples.items()):
        yield "| `%s` | %s |" % (name, min(messages, key=lambda m: (len(m), m)))


def plain_type(d):
    return re.sub(r"\([-\d,]+\)", "", d["type"])


def text(chosen, count, postgresql, date):
    """The report, from a recorded comparison of all cases."""
    recorded = json.loads((HERE / "recorded" / "versions.json").read_text())
    results = load()
    lines = ["# Conformance report", "", "Made by `make conformance-report`. Recorded with %s." % name_versions(recorded), "",
             "| Comparison | Result | Date | With |", "|---|---|---|---|",
             "| recorded: the plugin's records beside those that the connector made | %d cases, %d variants, %d records in two settings, %d unexplained differences | %s | PostgreSQL %s |" % (
                 len(chosen), sum(len(c.variants) for c in chosen), count.records, count.failed, date, postgresql)]
    for name, words in COMPARISONS.items():
        r = results.get(name, {"result": "not run", "date": "", "versions": {}})
        lines.append("| %s: %s | %s | %s | %s |" % (name, words, r["result"], r["date"], name_versions(r["versions"])))
    lines += ["", "Explained differences, in members of records:", "",
              "| The connector … (row of the README's table) | Class | By default | With `debezium.quirks=true` |", "|---|---|---|---|"]
    for name, (start, kind) in rows.ROWS.items():
        cell = next((c for c in rows.readme_rows() if c.startswith(start)), start)
        lines.append("| %s | %s | %d | %d |" % (cell, kind, count.used.get((name, "defaults"), 0), count.used.get((name, "quirks"), 0)))
    lines += ["", "Columns of the cases whose copy by the JDBC sink is not equal, the same with the connector's own records as with the plugin's "
              "(`sink/limits.jsonl`):", "", "| Columns that … | | Types |", "|---|--:|---|"]
    lines += limits()
    apart = [d for d in sink.load_limits() if d["connector"] != d["here"]]
    lines += ["", "%d columns differ between the two, %d of which are equal to the table with the plugin's records only; the others' rows of the table above: %s." % (
        len(apart), sum(d["here"] is None for d in apart), ", ".join(sorted({"“%s”" % rows.ROWS[r][0] for d in apart if d["here"] for r in d["rows"]})))]
    return "\n".join(lines) + "\n"


def write(chosen, count):
    REPORT.write_text(text(chosen, count, cases.psql("SHOW server_version;").split()[0], datetime.date.today()), encoding="utf-8")


def check(chosen, count):
    """A message if REPORT.md is not the one of these results, or None."""
    there = REPORT.read_text(encoding="utf-8") if REPORT.exists() else ""
    line = re.search(r"\| recorded: .* \| ([-\d]+) \| PostgreSQL (\S+) \|", there)
    if line and there == text(chosen, count, line.group(2), line.group(1)):
        return None
    return "test/conformance/REPORT.md is not of these cases and results: make conformance-report"
