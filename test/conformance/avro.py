#!/usr/bin/env python3
"""Records in Avro.

  avro.py recorded [CASE...]   schemas and records against those that Confluent's AvroConverter wrote of the real
                               connector's (avro/CASE.jsonl; payloads are decoded, and what is never equal is left out)
  avro.py cases [CASE...]      every case of cases/ twice from one log, as Avro and as JSON: both must say the same

Needs a cluster that has the plugin, at PGHOST, PGPORT and PGUSER.  The last line is "N passed, N failed, N skipped".
"""
import base64
import json
import pathlib
import struct
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "harness"))
import cases  # noqa: E402
import conformance  # noqa: E402
from cases import Case, Failure  # noqa: E402

# Members that no two runs have in common: clocks, positions, names.
VOLATILE = {"ts_ms", "ts_us", "ts_ns", "lsn", "txId", "sequence", "db", "version", "now"}
CLOCK = {"ts_ms", "ts_us", "ts_ns"}


class Mismatch(Exception):
    pass


class Schema:
    """An Avro schema; it must be one that other readers take, too."""

    def __init__(self, text):
        self.named = {}
        self.root = self.walk(json.loads(text), "")

    def walk(self, s, namespace):
        if isinstance(s, list):
            return [self.walk(x, namespace) for x in s]
        if isinstance(s, str):
            if s in self.named or namespace + "." + s in self.named:
                return self.named.get(s) or self.named[namespace + "." + s]
            if s not in ("null", "boolean", "int", "long", "float", "double", "string", "bytes"):
                raise Mismatch("no such type: " + s)
            return {"type": s}
        if s["type"] == "record":
            namespace = s.get("namespace", namespace)
            name = namespace + "." + s["name"] if namespace else s["name"]
            if name in self.named:
                raise Mismatch("record %s is defined twice" % name)
            node = self.named[name] = {"type": "record", "name": name}
            node["fields"] = [(f["name"], self.walk(f["type"], namespace)) for f in s["fields"]]
            for part in [s["name"]] + [f["name"] for f in s["fields"]]:
                if not part.replace("_", "a").isalnum() or part[0].isdigit() or not part.isascii():
                    raise Mismatch("no Avro name: " + part)
            for f in s["fields"]:
                self.check_default(f)
            return node
        if s["type"] == "array":
            return {"type": "array", "items": self.walk(s["items"], namespace)}
        if s["type"] == "map":
            return {"type": "map", "values": self.walk(s["values"], namespace)}
        return self.walk(s["type"], namespace)

    @staticmethod
    def check_default(field):
        """A union's default is of its first branch."""
        if isinstance(field["type"], list) and "default" in field:
            if (field["type"][0] == "null") != (field["default"] is None):
                raise Mismatch("the default of %s is not of the union's first branch" % field["name"])


class Reader:
    """Avro binary as Python values: bytes as base64, numbers that JSON lacks as strings."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        if n < 0 or self.at > len(self.data):
            raise Mismatch("the data end at byte %d, but more is needed" % len(self.data))
        return self.data[self.at - n:self.at]

    def long(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7f) << shift
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)
            shift += 7

    def items(self):
        while True:
            n = self.long()
            if n == 0:
                return
            yield from range(n)

    def number(self, form, size):
        value = struct.unpack(form, self.take(size))[0]
        return value if value - value == 0 else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"

    def value(self, s):
        if isinstance(s, list):
            return self.value(s[self.long()])
        kind = s["type"]
        if kind == "record":
            fields = {name: self.value(field) for name, field in s["fields"]}
            return [fields["key"], fields["value"]] if s["name"].endswith(".MapEntry") else fields
        if kind == "array":
            return [self.value(s["items"]) for _ in self.items()]
        if kind == "map":
            return {self.value({"type": "string"}): self.value(s["values"]) for _ in self.items()}
        if kind in ("int", "long"):
            return self.long()
        if kind == "string":
            return self.take(self.long()).decode("utf-8")
        if kind == "bytes":
            return base64.b64encode(self.take(self.long())).decode()
        if kind == "boolean":
            return self.take(1) == b"\1"
        if kind == "null":
            return None
        return Float(self.number("<f", 4)) if kind == "float" else self.number("<d", 8)


class Float:
    """A float32, which JSON has in its own shortest digits."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        if isinstance(other, Float):
            other = other.value
        if isinstance(self.value, str) or isinstance(other, str):
            return self.value == other
        return struct.pack("<f", self.value) == struct.pack("<f", other)

    def __repr__(self):
        return repr(self.value)


def decode(text, data):
    reader = Reader(data)
    value = reader.value(Schema(text).root)
    if reader.at != len(data):
        raise Mismatch("%d bytes are left over" % (len(data) - reader.at))
    return value


def without(value, names):
    if isinstance(value, dict):
        return {k: without(v, names) for k, v in value.items() if k not in names}
    return [without(v, names) for v in value] if isinstance(value, list) else value


def same(path, expected, made):
    """Raises at the first difference; True equals no 1, and 1.0 is 1."""
    if isinstance(expected, dict) and isinstance(made, dict):
        if list(expected) != list(made):
            raise Mismatch("%s: members %s, made %s" % (path, list(expected), list(made)))
        for name in expected:
            same(path + "." + name, expected[name], made[name])
    elif isinstance(expected, list) and isinstance(made, list) and len(expected) == len(made):
        for i, (x, y) in enumerate(zip(expected, made)):
            same("%s[%d]" % (path, i), x, y)
    elif isinstance(expected, bool) != isinstance(made, bool) or not made == expected:
        raise Mismatch("%s: expected %.200r, made %.200r" % (path, expected, made))


class Registry:
    """The schemas that records bring along."""

    def __init__(self):
        self.texts = {}

    def part(self, record, name):
        """The text of the schema, and what was written; None for no key or value."""
        if record[name] is None:
            return None
        header = record["headers"]["__cdc_json.%s.schema" % name]
        if "schema" in header:
            self.texts.setdefault(header["fingerprint"], header["schema"])
        return self.texts[header["fingerprint"]], base64.b64decode(record[name], validate=True)


def read(slot, options):
    return [json.loads(line) for line in cases.psql(cases.peek(slot, options), cases.DATABASE).split("\n") if line]


UNADJUSTED = {"schema.name.adjustment.mode": "none", "field.name.adjustment.mode": "none"}
AVRO = {"key.converter": "avro", "value.converter": "avro"}
JSON = {"schemas.enable": "true", "schema.name.adjustment.mode": "avro", "field.name.adjustment.mode": "avro"}


def run_case(case, options):
    """Runs it, and returns what each set of options makes of its log."""
    line = case.sections[0][0][0] - 1 if case.sections[0] else len(case.setup) + 1
    start = [(line, "\\connect - \\\\ SELECT pg_create_logical_replication_slot('conformance', 'cdc_json');")]
    cases.clean_database()
    end = "SELECT pg_logical_emit_message(true, 'cdc_json.heartbeat', '');\n"  # no event; what was written before is on disk
    cases.psql(case.sql(*[case.setup, start] + case.sections) + end, cases.DATABASE, case.path)
    return [read("conformance", o) for o in options]


def forms(properties, quirks):
    """Options for Avro, and for JSON that says the same."""
    common = {"format": "record", "topic.prefix": "srv", "debezium.quirks": quirks}
    common.update({k: v for k, v in properties.items() if not k.endswith(("schemas.enable", "decimal.format"))})
    return [{**common, **AVRO}, {**JSON, **common}]


def stable(value):
    """The value without what it reads from the clock: messages before any commit have their time from there, too."""
    value = {k: v for k, v in value.items() if k not in CLOCK}
    if value.get("op") == "m":
        value["source"] = {k: v for k, v in value["source"].items() if k not in CLOCK}
    return value


def compare_forms(avro, plain):
    if len(avro) != len(plain):
        raise Mismatch("%d records as JSON, %d as Avro" % (len(plain), len(avro)))
    registry = Registry()
    for i, (a, p) in enumerate(zip(avro, plain), 1):
        same("record %d: topic" % i, p["topic"], a["topic"])
        for name in ("key", "value"):
            part = registry.part(a, name)
            if (part is None) != (p[name] is None):
                raise Mismatch("record %d: %s is null only once" % (i, name))
            if part:
                expected, made = p[name]["payload"], decode(*part)
                if name == "value":
                    expected, made = stable(expected), stable(made)
                same("record %d: %s" % (i, name), expected, made)
        for name in ("__debezium.newkey", "__debezium.oldkey"):
            same("record %d: header" % i, p["headers"].get(name), a["headers"].get(name))
    return len(avro)


def compare_case(case, count):
    runs = [(v, q) for v in case.variants for q in ("true", "false")]
    lines = run_case(case, [o for v, q in runs for o in forms(case.variants[v], q)])
    for i, (variant, quirks) in enumerate(runs):
        try:
            count.records += compare_forms(lines[2 * i], lines[2 * i + 1])
            count.passed += 1
        except Mismatch as error:
            count.fail("%s, %s, quirks %s: %s" % (case.name, variant, quirks, error))


def compare_cases(names, count):
    available = conformance.extensions()
    for case in conformance.find_cases(names):
        if conformance.missing(case, available):
            count.skip("%s: %s is not available" % (case.name, ", ".join(conformance.missing(case, available))))
            continue
        try:
            compare_case(case, count)
        except Failure as error:
            count.fail("%s: %s" % (case.name, error))


def recorded(path):
    """Of a recording: schemas by subject in order, and records as (topic, key, value)."""
    schemas, records, texts = {}, [], {}
    for line in cases.read_lines(path):
        record = json.loads(line)
        if "schema" in record:
            texts[record["id"]] = record["schema"]
            for subject in record["subjects"].split(","):
                schemas.setdefault(subject, []).append(record["schema"])
        elif "topic" in record:
            parts = []
            for hexes in (record["key"], record["value"]):
                data = bytes.fromhex(hexes) if hexes else None
                parts.append((texts[int.from_bytes(data[1:5], "big")], data[5:]) if data else None)
            if b"zz_done" not in (parts[1][1] if parts[1] else b""):
                records.append((record["topic"], parts))
            elif records[-1][0] == "srv.transaction":
                records.pop()  # the BEGIN of the recording's own transaction
    return schemas, records


def as_made_now(text):
    """A recorded text as the converter's newer Avro library has it, which does not widen the defaults of real."""
    return text.replace('"default":1.0000000116860974E-7', '"default":1.0E-7').replace('"default":0.10000000149011612', '"default":0.1')


def as_recorded(text):
    """The connector learns of a new label of an enum only when it reads the catalog again."""
    return text.replace('"allowed":"sad,ok,meh"', '"allowed":"sad,ok"')


def made_now(lines):
    schemas, records, registry = {}, [], Registry()
    for record in lines:
        parts = [registry.part(record, "key"), registry.part(record, "value")]
        for name, part in zip(("key", "value"), parts):
            known = schemas.setdefault("%s-%s" % (record["topic"], name), [])
            text = part and as_recorded(part[0])
            if text and text not in known:
                known.append(text)
        records.append((record["topic"], parts))
    return {subject: texts for subject, texts in schemas.items() if texts}, records


def compare_recorded(path, count):
    case = Case(HERE / "avro" / (path.stem + ".sql"))
    options = {"format": "record", "debezium.quirks": "true", "topic.prefix": "srv", **AVRO, **UNADJUSTED, **case.variants["base"]}
    schemas, records = recorded(path)
    made_schemas, made = made_now(run_case(case, [options])[0])
    for subject in schemas:
        if subject not in made_schemas and "zz_done" not in subject:
            raise Mismatch("no schema of " + subject)
        for i, text in enumerate(schemas[subject]):
            ours = made_schemas[subject][i:i + 1]
            if ours != [as_made_now(text)]:
                raise Mismatch("schema %d of %s:\n  expected %s\n  made     %s" % (i + 1, subject, text, ours and ours[0]))
            count.passed += 1
    if len(records) != len(made):
        raise Mismatch("%d records, made %d" % (len(records), len(made)))
    for i, ((topic, parts), (our_topic, ours)) in enumerate(zip(records, made), 1):
        same("record %d: topic" % i, topic, our_topic)
        for name, part, our in zip(("key", "value"), parts, ours):
            expected = without(decode(*part), VOLATILE) if part else None
            mine = without(decode(*our), VOLATILE) if our else None
            for value in (expected, mine):
                if value:
                    (value.get("transaction") or (value if topic == "srv.transaction" else {})).pop("id", None)
            same("record %d: %s" % (i, name), expected, mine)
        count.passed += 1


def main(arguments):
    count = conformance.Count()
    command, names = arguments[0] if arguments else "", arguments[1:]
    if command == "cases":
        compare_cases(names, count)
    elif command == "recorded":
        for path in sorted((HERE / "avro").glob("*.jsonl")):
            if names and path.stem not in names:
                continue
            try:
                compare_recorded(path, count)
            except (Mismatch, Failure) as error:
                count.fail("%s: %s" % (path.stem, error))
    else:
        sys.exit(__doc__)
    cases.drop_database()
    return count.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
