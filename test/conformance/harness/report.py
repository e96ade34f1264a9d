"""REPORT.md: what was compared, with which result."""
import datetime
import json

import cases
import rows
from cases import HERE


def note(cache, name, text):
    """Keeps the result of a run for the next report."""
    path = cache / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results[name] = text
    path.write_text(json.dumps(results))


def write(cache, chosen, count):
    versions = json.loads((HERE / "recorded" / "versions.json").read_text())
    path = cache / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    unexplained = count.failed
    lines = ["# Conformance report", "", "Made by `conformance.py report` on %s, PostgreSQL %s." % (
        datetime.date.today(), cases.psql("SHOW server_version;").split()[0]), "",
        "Recorded with connector %(debezium)s, Kafka %(kafka)s, Java %(java)s, PostgreSQL %(postgresql)s." % versions, "",
        "| Comparison | Result |", "|---|---|",
        "| recorded | %d cases, %d variants, %d records in two settings, %d unexplained differences |" % (
            len(chosen), sum(len(c.variants) for c in chosen), count.records, unexplained)]
    lines += ["| %s | %s |" % (name, results.get(name, "not run")) for name in ("snapshots", "live", "random", "consumers")]
    lines += ["", "Explained differences, in members of records:", "",
              "| The connector … (row of the README's table) | Class | By default | With `debezium.quirks=true` |", "|---|---|---|---|"]
    for name, (start, kind) in rows.ROWS.items():
        cell = next(c for c in rows.readme_rows() if c.startswith(start))
        lines.append("| %s | %s | %d | %d |" % (cell, kind, count.used.get((name, "defaults"), 0), count.used.get((name, "quirks"), 0)))
    (HERE / "REPORT.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
