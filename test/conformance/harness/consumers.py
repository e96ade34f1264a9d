"""Software that was written for Debezium reads the plugin's records: see java/Consumers.java."""
import json
import pathlib
import tempfile

import cases
from cases import Case, Failure

DECODER = json.JSONDecoder()

OUTBOX = """-- Debezium's outbox.
-- set schemas.enable=true
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL, aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload jsonb);
-- STREAM
INSERT INTO outbox VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'order', '42', 'OrderCreated', '{"id": 42}'), ('b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'customer', 'ž', 'CustomerChanged', NULL);
DELETE FROM outbox;
"""
ROUTED = ['outbox.event.order 42 {"id": 42}', "outbox.event.customer ž null"]


def split(line):
    """The raw texts of key and value, None where there is none."""
    at = line.index(",\"key\":") + 7
    end = DECODER.raw_decode(line, at)[1]
    key = line[at:end]
    at = end + len(",\"value\":")
    end = DECODER.raw_decode(line, at)[1]
    value = line[at:end]
    record = json.loads(line)
    return {"topic": record["topic"], "key": None if key == "null" else key, "value": None if value == "null" else value, "headers": record["headers"]}


def read_case(java, case, setting, count, folder):
    """Every record of every variant, with schemas, whatever the variant says."""
    for properties in case.variants.values():
        properties["schemas.enable"] = "true"
    for (variant, _), lines in cases.run_plugin(case, (setting,), folder).items():
        more = {"decimal.format": case.variants[variant]["decimal.format"]} if "decimal.format" in case.variants[variant] else {}
        answer = java.ask(do="read", records=[split(line) for line in lines], **more)
        for message in ([answer["error"]] if "error" in answer else answer["wrong"])[:3]:
            count.fail("consumers: %s, %s, %s: %.400s" % (case.name, variant, setting, message))
        if "error" not in answer and not answer["wrong"]:
            count.passed += 1
        count.records += answer.get("converted", 0)
        count.unwrapped += answer.get("unwrapped", 0)


def read_outbox(java, setting, count, folder):
    path = pathlib.Path(folder) / "outbox.sql"
    path.write_text(OUTBOX, encoding="utf-8")
    lines = cases.run_plugin(Case(path), (setting,), folder)["base", setting]
    answer = java.ask(do="read", outbox=True, records=[split(line) for line in lines])
    if answer.get("routed") == ROUTED:
        count.passed += 1
    else:
        count.fail("consumers: outbox, %s: routed %s" % (setting, json.dumps(answer, ensure_ascii=False)))


def run(java, chosen, count):
    count.unwrapped = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for setting in ("quirks", "defaults"):
            for case in chosen:
                try:
                    read_case(java, case, setting, count, folder)
                except Failure as error:
                    count.fail("consumers: %s, %s: %s" % (case.name, setting, error))
            read_outbox(java, setting, count, folder)
