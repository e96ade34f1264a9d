#!/usr/bin/env python3
"""Checks that every event satisfies the Connect schema that it carries.

usage: check_schema.py LIST, a file with one file name per line.  In the files
stands an event per line, alone or in a record's "key" and "value"; lines
without schemas count for nothing.  Checked are the schema document (members
and their order, as JsonConverter writes them; a default that fits) and the
payload: types and ranges, all members of a struct in the schema's order and no
other, null only where the schema has optional.  One test per file; the last
line is "N passed, N failed, N skipped".
"""
import base64
import binascii
import json
import sys

INTEGERS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
SCALARS = set(INTEGERS) | {"float", "double", "boolean", "string", "bytes"}
ORDER = ("type", "items", "keys", "values", "fields", "optional", "name", "version", "doc", "parameters", "default", "field")
PARTS = {"array": {"items"}, "map": {"keys", "values"}, "struct": {"fields"}}
NOT_FINITE = ("NaN", "Infinity", "-Infinity")
CONNECT = "org.apache.kafka.connect.data."


class Wrong(Exception):
    pass


def expect(condition, path, what, value=None):
    if not condition:
        raise Wrong("%s: %s%s" % (path or "(root)", what, "" if value is None else ": %.100r" % (value,)))


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_document(schema, path, member=False):
    expect(isinstance(schema, dict), path, "schema is no object", schema)
    kind = schema.get("type")
    expect(kind in SCALARS or kind in PARTS, path, "unknown type", kind)
    expect(list(schema) == [m for m in ORDER if m in schema], path, "unknown member or wrong order", list(schema))
    expect({m for m in ("items", "keys", "values", "fields") if m in schema} == PARTS.get(kind, set()), path, "members of another type", kind)
    expect(isinstance(schema.get("optional"), bool), path, "optional is no boolean")
    expect(("field" in schema) == member, path, "field in the wrong place")
    for name, wanted in (("name", str), ("version", int), ("doc", str), ("parameters", dict), ("field", str)):
        expect(name not in schema or isinstance(schema[name], wanted), path, "%s has the wrong type" % name)
    expect(all(isinstance(v, str) for v in schema.get("parameters", {}).values()), path, "a parameter is no string")
    for part in ("items", "keys", "values"):
        if part in schema:
            check_document(schema[part], path + "." + part)
    if kind == "struct":
        names = [field.get("field") for field in schema["fields"]]
        expect(len(set(names)) == len(names), path, "a field occurs twice", names)
        for field in schema["fields"]:
            check_document(field, path + "." + str(field.get("field")), True)
    if "default" in schema:
        expect(kind != "struct" and schema["default"] is not None, path, "a default that cannot be one", schema["default"])
        check_value(schema, schema["default"], path + ".default")


def check_bytes(schema, value, path):
    if schema.get("name") == CONNECT + "Decimal":
        expect(schema.get("parameters", {}).get("scale", "").lstrip("-").isdigit(), path, "a decimal without scale")
        if is_int(value) or isinstance(value, float):
            return
    expect(isinstance(value, str), path, "no bytes", value)
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("%s: no base64: %.100r" % (path, value)) from None
    expect(base64.b64encode(data).decode() == value, path, "base64 with spare bits", value)
    if schema.get("name") == CONNECT + "Decimal":
        expect(len(data) > 0, path, "a decimal without digits")
        expect(len(data) == 1 or not (data[0] == 0 and data[1] < 128 or data[0] == 255 and data[1] > 127), path,
               "a decimal with spare bytes", value)


def check_scalar(schema, value, path):
    kind = schema["type"]
    if kind in INTEGERS:
        limit = 1 << (INTEGERS[kind] - 1)
        expect(is_int(value) and -limit <= value < limit, path, "no " + kind, value)
        if schema.get("name") == CONNECT + "Time":
            expect(0 <= value <= 86400000, path, "not within a day", value)
    elif kind in ("float", "double"):
        expect(isinstance(value, float) or value in NOT_FINITE, path, "no " + kind, value)
    elif kind == "boolean":
        expect(isinstance(value, bool), path, "no boolean", value)
    elif kind == "string":
        expect(isinstance(value, str), path, "no string", value)
    else:
        check_bytes(schema, value, path)


def check_value(schema, value, path):
    kind = schema["type"]
    if value is None:
        expect(schema["optional"], path, "null, but not optional")
    elif kind in SCALARS:
        check_scalar(schema, value, path)
    elif kind == "array":
        expect(isinstance(value, list), path, "no array", value)
        for number, item in enumerate(value):
            check_value(schema["items"], item, "%s[%d]" % (path, number))
    elif kind == "map" and schema["keys"]["type"] == "string" and not schema["keys"]["optional"]:
        expect(isinstance(value, dict), path, "no map", value)
        for key, item in value.items():
            check_value(schema["values"], item, path + "." + key)
    elif kind == "map":
        expect(isinstance(value, list), path, "no map", value)
        for pair in value:
            expect(isinstance(pair, list) and len(pair) == 2, path, "no pair", pair)
            check_value(schema["keys"], pair[0], path + ".(key)")
            check_value(schema["values"], pair[1], path + ".(value)")
    else:
        expect(isinstance(value, dict), path, "no struct", value)
        names = [field["field"] for field in schema["fields"]]
        expect(list(value) == names, path, "members other than the fields", sorted(set(value) ^ set(names)))
        for field in schema["fields"]:
            check_value(field, value[field["field"]], (path + "." if path else "") + field["field"])


def check_event(event, known):
    """True if the event has a schema; its document is checked when it is new."""
    if not isinstance(event, dict) or list(event) != ["schema", "payload"]:
        return False
    document = json.dumps(event["schema"])
    if document not in known:
        check_document(event["schema"], "")
        known.add(document)
    check_value(event["schema"], event["payload"], "")
    return True


def main():
    passed = failed = events = 0
    known = set()
    with open(sys.argv[1], encoding="utf-8") as names:
        files = names.read().splitlines()
    for name in files:
        errors = found = 0
        with open(name, "rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # strict_json.py complains
                parts = [record]
                if isinstance(record, dict) and list(record) == ["topic", "key", "value", "headers"]:
                    parts = [record["key"], record["value"]]
                try:
                    found += sum(check_event(part, known) for part in parts)
                except Wrong as error:
                    errors += 1
                    found += 1
                    if errors <= 3:
                        print("%s:%d: %s" % (name, number, error))
        events += found
        passed += found > 0 and errors == 0
        failed += errors > 0
    print("  %d events with schemas" % events)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
