"""Every property of the connector: does the plugin take it, with which default, or refuse it with which hint?

properties.txt lists them with the connector's defaults (reference of release 3.6.1).  PROPERTIES.md is made from the plugin's own
answers and from its options as README.md has them, and a run compares it.
"""
import re

import cases
from cases import HERE

VALUES = {"topic.prefix": "srv", "message.key.columns": "s.t:a", "unavailable.value.placeholder": "x", "table.include.list": "s.t",
          "plugin.name": "pgoutput", "money.fraction.digits": "2", "skipped.operations": "t"}
ASK = """CREATE FUNCTION ask(name text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE m text; h text;
BEGIN
	PERFORM pg_logical_slot_peek_changes('conformance', NULL, 1, name, value);
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, h = PG_EXCEPTION_HINT;
	RETURN m || E'\\n' || h;
END $$;
SELECT pg_create_logical_replication_slot('conformance', 'cdc_json');
"""


def properties():
    for line in (HERE / "harness" / "properties.txt").read_text(encoding="utf-8").splitlines():
        name, default = line.split("\t")
        yield name, default


def value(name, default):
    return VALUES.get(name) or default or "a"


def answers():
    """[(name, connector's default, "taken", the plugin's default or the hint)]"""
    cases.clean_database()
    cases.psql(ASK, cases.DATABASE)
    readme = (HERE.parent.parent / "README.md").read_text(encoding="utf-8")
    own = dict(re.findall(r"^\| `([^`]+)` \| [^|]+ \| `([^`]*)` \|", readme, re.M))
    result = []
    for name, default in properties():
        reply = cases.psql("SELECT ask(%s, %s);" % (cases.literal(name), cases.literal(value(name, default))), cases.DATABASE).rstrip("\n")
        first, _, hint = reply.partition("\n")
        result.append((name, default, first, own.get(name, "") if first == "taken" else hint))
    return result


def table(found):
    lines = ["# Every property of the connector", "", "Made by `conformance.py properties write` from the plugin's own answers.", "",
             "| Property | Connector's default | Here |", "|---|---|---|"]
    for name, default, first, more in found:
        if name == "topic.prefix":
            default, here = "", "not required: the database's name"
        elif first == "taken":
            here = "the same" if more == default else "default `%s`" % more if more else "the same"
        else:
            here = "refused: " + more
        lines.append("| `%s` | %s | %s |" % (name, "`%s`" % default if default else "", here))
    return "\n".join(lines) + "\n"


def run(count, write):
    found = answers()
    for name, _, first, more in found:
        if first != "taken" and (not more or name not in first):
            count.fail("properties: %s: no hint, or the message does not name it: %s" % (name, first))
        else:
            count.passed += 1
    path = HERE / "PROPERTIES.md"
    made = table(found)
    if write:
        path.write_text(made, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != made:
        count.fail("PROPERTIES.md is not what the plugin answers: conformance.py properties write")
    cases.drop_database()
