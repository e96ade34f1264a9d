"""Compares two lines of format=record byte for byte, and says in which member they differ.

What cannot be equal is masked in the raw text first.  Against recorded records: clock fields, positions in the log,
transaction ids, versions, run ids and Java's object numbers.  On the same log ("live"): versions, run ids, object numbers and the clock of the envelope.
"""
import difflib
import json
import re

import transforms

VERSION = [(re.compile(r'"version":"[^"]*","connector":"postgresql"'), '"version":"V","connector":"postgresql"'),
           (re.compile(r'("__debezium\.context\.runId":")[^"]*"'), r'\1R"'),
           (re.compile(r'(LogicalDecodingMessageId)@[0-9a-f]+'), r'\1')]
RECORDED = VERSION + [
    (re.compile(r'"ts_(ms|us|ns)":-?\d+'), r'"ts_\1":0'),
    (re.compile(r'"(txId|lsn|origin_lsn)":\d+'), r'"\1":0'),
    (re.compile(r'"sequence":"\[\\"\d+\\",\\"\d+\\"\]"'), r'"sequence":"[\\"0\\",\\"0\\"]"'),
    (re.compile(r'("transaction":\{"id":"|"status":"(?:BEGIN|END)","id":"|^\{"topic":"[^"]*","key":(?:\{"schema":.{1,400}"payload":)?\{"id":")\d+:\d+"'), r'\1X:0"')]
LIVE = VERSION + [(re.compile(r'("op":"[a-z]"),"ts_ms":\d+(,"ts_us":\d+,"ts_ns":\d+)?'), r'\1,"ts_ms":0\2'),
                  (re.compile(r'("op":"[a-z]"),"ts_ms":0,"ts_us":\d+,"ts_ns":\d+'), r'\1,"ts_ms":0,"ts_us":0,"ts_ns":0')]
RECORDED += transforms.CLOCK + transforms.RUN
LIVE += transforms.CLOCK
COMMITS = [(re.compile(r'"sequence":"\[\\"\d+'), r'"sequence":"[\"0')]
ABSENT = "(absent)"


def mask(line, rules=RECORDED):
    for pattern, replacement in rules:
        line = pattern.sub(replacement, line)
    return line


class Number(str):
    """A JSON number, as it was spelled."""


def parse(text):
    """Strict JSON: objects become ("obj", [(name, value), ...])."""
    def pairs(members):
        if len({name for name, _ in members}) != len(members):
            raise ValueError("a member twice")
        return ("obj", members)

    def constant(word):
        raise ValueError("no JSON: " + word)

    return json.loads(text, object_pairs_hook=pairs, parse_int=Number, parse_float=Number, parse_constant=constant)


def show(node):
    """A value as compact JSON."""
    if isinstance(node, Number):
        return str(node)
    if isinstance(node, tuple):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + show(v) for k, v in node[1]) + "}"
    if isinstance(node, list):
        return "[" + ",".join(show(v) for v in node) + "]"
    return json.dumps(node, ensure_ascii=False)


def is_fields(nodes):
    """Is it the list of a schema's fields?"""
    return len(nodes) > 0 and all(isinstance(n, tuple) and "field" in dict(n[1]) for n in nodes)


def as_fields(nodes):
    return ("obj", [(dict(n[1])["field"], n) for n in nodes])


def walk(expected, made, path, found):
    """Appends (member, expected, made) for each place where two values differ."""
    if isinstance(expected, tuple) and isinstance(made, tuple):
        left, right = dict(expected[1]), dict(made[1])
        for name in list(left) + [n for n in right if n not in left]:
            where = path + "." + name if path else name
            if name not in left:
                found.append((where, ABSENT, show(right[name])))
            elif name not in right:
                found.append((where, show(left[name]), ABSENT))
            else:
                walk(left[name], right[name], where, found)
        common = [n for n in left if n in right]
        if common != [n for n in right if n in left]:
            found.append((path + " (order)", ",".join(left), ",".join(right)))
    elif isinstance(expected, list) and isinstance(made, list) and (is_fields(expected) and is_fields(made)):
        walk(as_fields(expected), as_fields(made), path, found)
    elif isinstance(expected, list) and isinstance(made, list) and len(expected) == len(made):
        for i, (x, y) in enumerate(zip(expected, made)):
            walk(x, y, "%s[%d]" % (path, i), found)
    elif type(expected) is not type(made) or expected != made:
        found.append((path, show(expected), show(made)))


def differences(expected, made):
    """Both are masked lines.  [(member, expected, made)]; empty if the lines are the same bytes."""
    if expected == made:
        return []
    found = []
    try:
        walk(parse(expected), parse(made), "", found)
    except ValueError as error:
        return [("(line)", expected[:300], "%s: %s" % (error, made[:300]))]
    if not found:
        i = next((i for i, (x, y) in enumerate(zip(expected, made)) if x != y), min(len(expected), len(made)))
        found.append(("(spelling)", expected[max(0, i - 30):i + 30], made[max(0, i - 30):i + 30]))
    return found


def compare(expected, made):
    """All differences between two lists of masked lines: [(record, member, expected, made)], records from 1."""
    result = []
    pairs = list(zip(expected, made))
    if len(expected) != len(made):
        pairs = []
        for kind, i, j, k, n in difflib.SequenceMatcher(None, expected, made, False).get_opcodes():
            pairs += zip(expected[i:j], made[k:n]) if kind == "equal" else align(expected[i:j], made[k:n])
    for number, (x, y) in enumerate(pairs, 1):
        if x is None or y is None:
            result.append((number, "(record)", x or ABSENT, y or ABSENT))
        else:
            result += [(number,) + d for d in differences(x, y)]
    return result


def essence(line):
    record = json.loads(line)
    value = record["value"] or {}
    value = value.get("payload", value) if isinstance(value, dict) else {}
    value = value if isinstance(value, dict) else {}
    return record["topic"], value.get("op", value.get("status"))


def align(expected, made):
    """Pairs of lines, with None where one side has no counterpart."""
    left, right = [essence(x) for x in expected], [essence(y) for y in made]
    length = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            length[i][j] = length[i + 1][j + 1] + 1 if left[i] == right[j] else max(length[i + 1][j], length[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right) and left[i] == right[j]:
            pairs.append((expected[i], made[j]))
            i, j = i + 1, j + 1
        elif j < len(right) and (i == len(left) or length[i][j + 1] >= length[i + 1][j]):
            pairs.append((None, made[j]))
            j += 1
        else:
            pairs.append((expected[i], None))
            i += 1
    return pairs
