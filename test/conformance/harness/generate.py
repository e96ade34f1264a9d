"""Random tables, rows and statements: the same for the same seed.

A table is kept as a structure, from which SQL is written, so that a difference can be shrunk: fewer tables, statements, columns.
What stops the connector, and what is other on purpose with debezium.quirks, is left out; the cases have that.
"""
import copy
import random

from cases import literal

TIME_MODES = ("adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds")
KEY_TYPES = ("smallint", "integer", "bigint", "text", "varchar(20)", "uuid", "boolean", "bytea", "timestamptz", "char(6)", "date")
ELEMENTS = ("smallint", "integer", "bigint", "real", "double precision", "boolean", "text", "varchar(12)", "char(3)", "numeric(9,3)", "numeric",
            "date", "time", "time(2)", "timetz", "timestamp", "timestamp(3)", "timestamptz", "uuid", "json", "jsonb", "bytea", "inet", "cidr",
            "macaddr", "oid", "int4range", "tstzrange", "mood")
DEFAULTS = ("smallint", "integer", "bigint", "real", "double precision", "boolean", "text", "varchar(20)", "char(6)", "numeric(9,3)", "uuid",
            "date", "time", "timestamp", "timestamp(3)", "timestamptz", "interval", "mood", "json", "bit(5)", "varbit")


def digits(r, n):
    return str(r.randint(1, 9)) + "".join(str(r.randint(0, 9)) for _ in range(n - 1))


def number(r, whole, scale):
    text = digits(r, r.randint(1, whole))
    if scale and r.random() < 0.8:
        text += "." + digits(r, r.randint(1, scale))
    return r.choice(("", "-")) + text


def text(r, longest=30):
    alphabet = r.choice(("abc XYZ_09", "žščř ßéñ", "日本語テスト", "😀𝄞x", "\"'\\/{}[],:;<>&", "\t\n\r\x01\x1f\x7f\u2028 "))
    return "".join(r.choice(alphabet) for _ in range(r.randint(0, longest)))


def day(r, years=(1, 9999)):
    year = r.choice((r.randint(1900, 2100), r.randint(*years), r.randint(*years)))
    return "%04d-%02d-%02d" % (year, r.randint(1, 12), r.randint(1, 28))


def era(r, longest=3999):
    """A day before Christ; the server's calendar begins in 4714 BC."""
    return day(r, (1, longest)) + "%s BC"


def clock(r):
    return "%02d:%02d:%02d%s" % (r.randint(0, 23), r.randint(0, 59), r.randint(0, 59), r.choice(("", "", "." + digits(r, r.randint(1, 6)))))


def zone(r):
    return "%s%02d%s" % (r.choice("+-"), r.randint(0, 14), r.choice(("", "", ":30", ":45")))


def moment(r):
    return day(r) + " " + clock(r)


def floating(r):
    return r.choice((number(r, 7, 7), "%s%se%d" % (r.choice(("", "-")), number(r, 1, 16).lstrip("-"), r.randint(-30, 30)), repr(r.uniform(-1e6, 1e6)), "0", "-0", "1e21", "1e-7"))


def interval(r):
    return "%d years %d mons %d days %s%d:%02d:%02d.%06d" % (r.randint(-99, 99), r.randint(-11, 11), r.randint(-40, 40), r.choice(("", "-")),
                                                           r.randint(0, 100), r.randint(0, 59), r.randint(0, 59), r.choice((0, r.randint(0, 999999))))


def json(r, depth=0):
    kind = r.randint(0, 6 if depth < 3 else 3)
    if kind == 0:
        return r.choice(("true", "false", "null"))
    if kind == 1:
        return r.choice((number(r, 20, 10), "1e5", "0", "1.50"))
    if kind <= 3:
        return '"%s"' % r.choice(("", "a b", "ž日😀", "\\n\\t\\\"\\\\", "\\u00e9", "/"))
    if kind <= 5:
        return "{%s}" % ", ".join('"%s" :%s' % (r.choice(("a", "bb", "ž", "", "a c")), json(r, depth + 1)) for _ in range(r.randint(0, 3)))
    return "[%s]" % ",".join(json(r, depth + 1) for _ in range(r.randint(0, 3)))


def octets(r, longest=20):
    return "\\x" + "".join("%02x" % r.randint(0, 255) for _ in range(r.randint(0, longest)))


def bits(r, n):
    return "".join(r.choice("01") for _ in range(n))


def rng(r, value):
    low, high = sorted((value(r), value(r)), key=lambda v: float(v) if v.lstrip("-").isdigit() else v)
    return r.choice(("empty", "(,)", "[%s,)" % low, "(,%s]" % high, "[%s,%s)" % (low, high), "[%s,%s]" % (low, high)))


# type: (a value, a value for columns that may be null)
TYPES = {
    "smallint": (lambda r: str(r.choice((r.randint(-32768, 32767), 0, 32767, -32768))), None),
    "integer": (lambda r: str(r.choice((r.randint(-2**31, 2**31 - 1), r.randint(-99, 99), 2**31 - 1, -2**31))), None),
    "bigint": (lambda r: str(r.choice((r.randint(-2**63, 2**63 - 1), r.randint(-999, 999), 2**63 - 1, -2**63))), None),
    "oid": (lambda r: str(r.choice((0, 4294967295, r.randint(0, 4294967295)))), None),
    "real": (lambda r: r.choice((floating(r), "NaN", "Infinity", "-Infinity", "1e-45", "3.4028235e38")), None),
    "double precision": (lambda r: r.choice((floating(r), "NaN", "Infinity", "-Infinity", "5e-324", "1.7976931348623157e308")), None),
    "boolean": (lambda r: r.choice(("true", "false")), None),
    "text": (text, None),
    "varchar(20)": (lambda r: text(r, 20), None),
    "varchar(12)": (lambda r: text(r, 12), None),
    "char(6)": (lambda r: text(r, 6), None),
    "char(3)": (lambda r: text(r, 3), None),
    '"char"': (lambda r: r.choice("aZ 9"), None),
    "name": (lambda r: "n" + str(r.randint(0, 99)), None),
    "uuid": (lambda r: "%08x-%04x-%04x-%04x-%012x" % (r.getrandbits(32), r.getrandbits(16), r.getrandbits(16), r.getrandbits(16), r.getrandbits(48)), None),
    "json": (json, None),
    "jsonb": (json, None),
    "xml": (lambda r: r.choice(("<a/>", "<a b=\"ž\">x</a>", "text", "<a><b/>&amp;</a>")), None),
    "bytea": (octets, None),
    "bit(1)": (lambda r: bits(r, 1), None),
    "bit(5)": (lambda r: bits(r, 5), None),
    "bit(70)": (lambda r: bits(r, 70), None),
    "varbit": (lambda r: bits(r, r.randint(0, 40)), None),
    "numeric(9,3)": (lambda r: number(r, 6, 3), lambda r: r.choice((number(r, 6, 3), "NaN"))),
    "numeric(38,0)": (lambda r: number(r, 38, 0), None),
    "numeric(4,-2)": (lambda r: number(r, 6, 0), None),
    "numeric": (lambda r: r.choice((number(r, 30, 20), "0.00", "1e10", "1e-10", "100")), lambda r: r.choice((number(r, 30, 20), "NaN"))),
    "money": (lambda r: number(r, 10, 2), None),
    "date": (lambda r: r.choice((day(r), day(r), era(r) % "", "infinity", "-infinity", "%d-01-01" % r.randint(10000, 99999))), None),
    "time": (lambda r: r.choice((clock(r), "24:00", "00:00")), None),
    "time(2)": (lambda r: r.choice((clock(r), "24:00")), None),
    "timetz": (lambda r: clock(r) + zone(r), None),
    "timestamp": (lambda r: r.choice((moment(r), era(r) % (" " + clock(r)), "infinity", "-infinity")), None),
    "timestamp(3)": (lambda r: r.choice((moment(r), era(r) % (" " + clock(r)), "infinity", "-infinity")), None),
    "timestamp(6)": (moment, None),
    "timestamptz": (lambda r: r.choice((moment(r) + zone(r), era(r) % (" " + clock(r) + zone(r)), "infinity", "-infinity", "%d-01-01 00:00+00" % r.randint(10000, 99999))), None),
    "timestamptz(1)": (lambda r: moment(r) + zone(r), None),
    "interval": (interval, None),
    "interval(2)": (interval, None),
    "inet": (lambda r: r.choice(("10.%d.0.1" % r.randint(0, 255), "192.168.0.1/24", "::1", "2001:db8::%x/64" % r.randint(0, 65535))), None),
    "cidr": (lambda r: r.choice(("10.0.0.0/8", "2001:db8::/32", "1.2.3.4/32")), None),
    "macaddr": (lambda r: ":".join("%02x" % r.randint(0, 255) for _ in range(6)), None),
    "int4range": (lambda r: rng(r, lambda q: str(q.randint(-99, 99))), None),
    "numrange": (lambda r: rng(r, lambda q: str(q.randint(-99, 99))), None),
    "tstzrange": (lambda r: rng(r, lambda q: "%04d-01-01 00:00+00" % q.randint(1000, 3000)), None),
    "daterange": (lambda r: rng(r, lambda q: "%04d-01-02" % q.randint(1000, 3000)), None),
    "point": (lambda r: "(%s,%s)" % (floating(r), floating(r)), None),
    "mood": (lambda r: r.choice(("sad", "it's", "žš")), None),
    "tsvector": (lambda r: r.choice(("a b", "cat:1A dog:2", "")), None),
    "numdom": (lambda r: number(r, 4, 2), None),
    # unknown ones
    "box": (lambda r: "(%s,%s),(%s,%s)" % tuple(number(r, 3, 2) for _ in range(4)), None),
    "circle": (lambda r: "<(%s,%s),%d>" % (number(r, 3, 2), number(r, 3, 2), r.randint(0, 9)), None),
    "pg_lsn": (lambda r: "%X/%X" % (r.getrandbits(16), r.getrandbits(32)), None),
    "comp": (lambda r: "(%d,\"a b\")" % r.randint(0, 9), None),
    "int4multirange": (lambda r: "{[1,%d)}" % r.randint(2, 9), None),
}
SETUP = """CREATE TYPE mood AS ENUM ('sad', 'it''s', 'žš');
CREATE TYPE comp AS (a int, b text);
CREATE DOMAIN numdom AS numeric(6,2);
"""


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.options = self.choose_options()

    def choose_options(self):
        r = self.r
        options = {"time.precision.mode": r.choice(TIME_MODES), "decimal.handling.mode": r.choice(("precise", "double", "string")),
                   "binary.handling.mode": r.choice(("bytes", "base64", "base64-url-safe", "hex")), "interval.handling.mode": r.choice(("numeric", "string"))}
        for name, chance in (("schemas.enable", 0.3), ("include.unknown.datatypes", 0.5), ("provide.transaction.metadata", 0.3)):
            if r.random() < chance:
                options[name] = "true"
        if r.random() < 0.2:
            options["decimal.format"] = "NUMERIC"
        if r.random() < 0.3:
            options["skipped.operations"] = "none"
        if r.random() < 0.2:
            options["tombstones.on.delete"] = "false"
        if r.random() < 0.3:
            options["column.exclude.list"] = r"public\.t\d+\.c3"
        if r.random() < 0.3:
            options["column.propagate.source.type"] = r"public\.t\d+\.c[12]"
        return options

    def table(self, name):
        r = self.r
        key = []
        columns = [{"name": "id", "type": "integer", "notnull": True}]
        for i in range(1, r.randint(2, 11)):
            if r.random() < 0.25:
                kind = r.choice(ELEMENTS) + "[]"
            else:
                kind = r.choice(list(TYPES))
            column = {"name": "c%d" % i, "type": kind, "notnull": r.random() < 0.3 and self.may_be_required(kind)}
            if kind in DEFAULTS and r.random() < 0.3:
                column["default"] = self.value(column, False)
            columns.append(column)
        if r.random() < 0.3:
            extra = {"name": "k", "type": r.choice(KEY_TYPES), "notnull": True}
            if not (extra["type"] == "date" and self.options["time.precision.mode"] == "connect"):
                columns.insert(r.randint(0, len(columns)), extra)
                key = r.choice((["k", "id"], ["id", "k"]))
        key = key or r.choice((["id"], ["id"], ["id"], []))
        identity = "FULL" if not key or r.random() < 0.35 else "DEFAULT"
        table = {"name": name, "columns": columns, "key": key, "identity": identity, "statements": []}
        ids = []
        for i in range(r.randint(1, 8)):
            kind = r.random()
            if not ids or kind < 0.5:
                row = {c["name"]: self.value(c, True) for c in columns}
                row["id"] = str(i)
                ids.append(i)
                table["statements"].append(["insert", row])
            elif kind < 0.8:
                changed = r.sample(columns, r.randint(1, len(columns)))
                row = {c["name"]: self.value(c, True) for c in changed if c["name"] != "id"}
                if r.random() < 0.2:
                    row["id"] = str(100 + i)
                if row:
                    table["statements"].append(["update", r.choice(ids), row])
                    if "id" in row:
                        ids.remove(table["statements"][-1][1])
                        ids.append(100 + i)
            elif kind < 0.95:
                table["statements"].append(["delete", ids.pop(r.randrange(len(ids)))])
            else:
                table["statements"].append(["truncate"])
                ids = []
        return table

    def may_be_required(self, kind):
        """Not if an absent or odd value would stop the connector."""
        return not kind.endswith("[]") and kind not in ("box", "circle", "pg_lsn", "comp", "int4multirange", "name") and not (
            self.options["time.precision.mode"] == "nanoseconds" and kind.startswith("timestamp") and not kind.startswith("timestamptz"))

    def value(self, column, nulls):
        """An SQL literal, None for NULL."""
        r, kind = self.r, column["type"]
        required = column["notnull"]
        if nulls and not required and r.random() < 0.2:
            return None
        if kind.endswith("[]"):
            return self.array(kind[:-2])
        plain, special = TYPES[kind]
        value = (special if special and not required and nulls else plain)(r)
        if column["name"] == "k":
            value = "".join(c for c in value if "!" <= c < "\x7f" and c not in "\"\\") if kind in ("text", "varchar(20)", "char(6)") else value
        return value

    def array(self, kind):
        r = self.r
        values = [None if r.random() < 0.15 and kind != "mood" else TYPES[kind][0](r) for _ in range(r.randint(0, 4))]
        return "{" + ",".join("NULL" if v is None else '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values) + "}"

    def tables(self, n):
        return [self.table("t%d" % i) for i in range(1, n + 1)]


def value_sql(value):
    return "NULL" if value is None else literal(value) if "\\" not in value else " E" + literal(value.replace("\\", "\\\\"))


def statement_sql(table, statement):
    name = table["name"]
    columns = [c["name"] for c in table["columns"]]
    if statement[0] == "insert":
        row = [(c, statement[1][c]) for c in columns]
        return "INSERT INTO %s (%s) VALUES (%s);" % (name, ", ".join(c for c, _ in row), ", ".join(value_sql(v) for _, v in row))
    if statement[0] == "update":
        row = [(c, v) for c, v in statement[2].items() if c in columns]
        return "UPDATE %s SET %s WHERE id = %d;" % (name, ", ".join("%s = %s" % (c, value_sql(v)) for c, v in row), statement[1]) if row else ""
    if statement[0] == "delete":
        return "DELETE FROM %s WHERE id = %d;" % (name, statement[1])
    return "TRUNCATE %s;" % name


def table_sql(table):
    parts = []
    for c in table["columns"]:
        parts.append(c["name"] + " " + c["type"] + (" NOT NULL" if c["notnull"] else "") + (" DEFAULT" + " " + value_sql(c["default"]) if "default" in c else ""))
    if table["key"]:
        parts.append("PRIMARY KEY (%s)" % ", ".join(table["key"]))
    return "CREATE TABLE %s (%s);\nALTER TABLE %s REPLICA IDENTITY %s;\n" % (table["name"], ", ".join(parts), table["name"], table["identity"])


def case_text(title, options, tables, order_seed):
    """A case; statements of the tables are mixed, some in common transactions."""
    r = random.Random(order_seed)
    queues = [[statement_sql(t, s) for s in t["statements"]] for t in tables]
    lines = []
    while any(queues):
        queue = r.choice([q for q in queues if q])
        lines.append(queue.pop(0))
    out, i = [], 0
    while i < len(lines):
        n = r.choice((1, 1, 1, 2, 5))
        group = [line for line in lines[i:i + n] if line]
        out += ["BEGIN;"] + group + ["COMMIT;"] if len(group) > 1 else group
        i += n
    head = "-- %s\n" % title + "".join("-- set %s=%s\n" % pair for pair in options.items())
    return head + SETUP + "".join(table_sql(t) for t in tables) + "-- STREAM\n" + "\n".join(out) + "\n"


def smaller(options, tables):
    """Smaller versions of what made a difference, the most promising ones first."""
    if len(tables) > 1:
        half = len(tables) // 2
        yield options, tables[:half]
        yield options, tables[half:]
        for i in range(len(tables)):
            yield options, tables[:i] + tables[i + 1:]
        return
    table = tables[0]
    for i in range(len(table["statements"]) - 1, -1, -1):
        less = copy.deepcopy(table)
        del less["statements"][i]
        if less["statements"]:
            yield options, [less]
    for i in range(len(table["columns"]) - 1, -1, -1):
        if table["columns"][i]["name"] not in ["id"] + table["key"]:
            less = copy.deepcopy(table)
            del less["columns"][i]
            yield options, [less]
    for name in options:
        yield {k: v for k, v in options.items() if k != name}, tables
