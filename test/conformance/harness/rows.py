"""Differences that are meant: which row of the README's table explains them.

differences/CASE.jsonl lists, one per line, every member of every record in which the plugin's bytes are others than the
connector's, for the two settings, with both values and the row.  A run must find exactly these.
"""
import json
import re

from cases import HERE, Failure

# name: (beginning of the row in README.md, class in REPORT.md)
ROWS = {
    "null-default": ("renders a NULL as the column's default", "defaults"),
    "headers": ("adds four headers to each record", "defaults"),
    "name": ("sends null for a `name`", "false value"),
    "before-zeros": ("invents zeros in `before`", "false value"),
    "key-zeros": ("invents zeros for key columns", "false value"),
    "unavailable": ("sends 28 integers for an unavailable", "false value"),
    "infinite-date": ("swaps infinite dates", "false value"),
    "timestamp-overflow": ("wraps timestamps that overflow", "false value"),
    "array-elements": ("cuts elements of `time[]`", "false value"),
    "nested-arrays": ("sends one null per outer element", "false value"),
    "array-lost": ("sends null for an array", "false value"),
    "int2vector": ("sends `[]` for `int2vector`", "false value"),
    "nanosecond-bound": ("sends null for the first second", "false value"),
    "header-text": ("writes keys in headers as text", "false value"),
    "settings": ("reads values in the database's own settings", "false value"),
    "excluded-key": ("makes a key's column optional", "false value"),
    "unmasked": ("leaves keys, schema defaults", "false value"),
    "not-null": ("on a NOT NULL value that it cannot convert", "stops or loses the event"),
    "unparsable": ("on `timetz` with seconds in the offset", "stops or loses the event"),
    "enum-domain": ("on a domain over an enum", "stops or loses the event"),
    "case-only": ("on columns that differ only in case", "stops or loses the event"),
    "ahead": ("for keys, defaults and nullability", "catalog ahead of the log"),
    "enum-labels": ("for the labels of an enum", "catalog behind the log"),
    "generated": ("stored generated columns", "left out"),
}
# Rows that no comparison can show: with a publication the server refuses such updates and deletes, ...
# Hashed and propagated columns are tested in sql/options_mappers.sql.
ELSEWHERE = ("requires `topic.prefix`", "inlines schemas", "on updates and deletes of tables without replica identity", "unlogged heaps",
             "sends a hashed column in clear")


def readme_rows():
    """First cells of the table, in order."""
    text = (HERE.parent.parent / "README.md").read_text(encoding="utf-8")
    table = re.search(r"\n\| The connector [^\n]*\n\|[-|]+\n(.*?)\n\n", text, re.S)
    if not table:
        raise Failure("README.md has no table of differences")
    cells = [line.split(" | ")[0].lstrip("| ").rstrip(" |") for line in table.group(1).split("\n")]
    return [c for c in cells if not c.startswith("**")]


def check_readme(used):
    """Messages about rows without a case, and about rows that README does not have."""
    cells = readme_rows()
    wrong = []
    for name, (start, _) in ROWS.items():
        if not any(c.startswith(start) for c in cells):
            wrong.append("README.md has no row that begins \"%s\"" % start)
        elif name not in used:
            wrong.append("no case shows the row \"%s\"" % start)
    starts = tuple(start for start, _ in ROWS.values()) + ELSEWHERE
    wrong += ["the row \"%s\" of README.md has no name in harness/rows.py" % c for c in cells if not c.startswith(starts)]
    return wrong


def path(case):
    return HERE / "differences" / (case.name + ".jsonl")


def load(case):
    if not path(case).exists():
        return []
    return [json.loads(line) for line in path(case).read_text(encoding="utf-8").splitlines()]


def key(d):
    return (d["variant"], d["setting"], d["record"], d["member"], d["connector"], d["here"])


def save(case, found, file=None):
    file = file or path(case)
    if found:
        file.parent.mkdir(exist_ok=True)
        text = "".join(json.dumps(d, ensure_ascii=False, separators=(",", ":")) + "\n" for d in found)
        file.write_text(text, encoding="utf-8")
    elif file.exists():
        file.unlink()
