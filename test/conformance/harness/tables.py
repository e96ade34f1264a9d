"""Compares tables with their copies, which a sink has made in another schema of the same database.

Column types of a copy are the sink's.  A value is equal if its text, read as the source's type, is the source's value: "1.50"
in a column of type text is equal to 1.5 of type numeric(10,2), and the number 1.5 in a double is, too.
"""
import json

import cases
from cases import Failure, literal

# Types that Debezium makes something else of: how both sides become the same text.
# hstore is sent as JSON, timetz in UTC.
EXPRESSIONS = {"hstore": ("hstore_to_jsonb(%s)::text", "%s::jsonb::text"),
               "timetz": ("(%s AT TIME ZONE 'UTC')::text", "(%s::text::timetz AT TIME ZONE 'UTC')::text")}

COLUMNS = """SELECT coalesce(json_agg(json_build_array(a.attname, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), t.typname, a.attnum = ANY (i.indkey))
 ORDER BY a.attnum), '[]')
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped;
"""


class Column:
    def __init__(self, row):
        self.name, self.quoted, self.type, self.base, self.key = row


def columns(name, database):
    return [Column(row) for row in json.loads(cases.psql(COLUMNS % literal(name), database))]


def read(table, expressions, database):
    """{key: [text, ...]} of a query whose first expression is the key as a text."""
    rows = cases.psql("SELECT to_json(ARRAY[%s]::text[]) FROM %s;" % (", ".join(expressions), table), database).splitlines()
    return {key: values for key, *values in map(json.loads, rows)}


def expression(column, side):
    pattern = EXPRESSIONS.get(column.base, ("%s::text", "%%s::text::%s::text" % column.type.replace("%", "%%")))[side]
    return pattern % column.quoted


def compare(table, copy, database, leave=()):
    """Both are quoted names.  {column: what is different}, empty for an equal copy; "" stands for the table as a whole.

    Needs a primary key.  Columns of "leave" are not compared.
    """
    source = [c for c in columns(table, database) if c.name not in leave]
    there = {c.name for c in columns(copy, database)}
    key = [c for c in source if c.key]
    if not there:
        return {"": "there is no copy"} if read(table, ["1"], database) else {}
    if not key or any(c.name not in there for c in key):
        return {"": "no key in the copy"}
    found = {c.name: "no such column in the copy" for c in source if c.name not in there}
    common = [c for c in source if c.name in there]
    keys = ["concat_ws('|', %s)" % ", ".join(expression(c, side) for c in key) for side in (0, 1)]
    left = read(table, keys[:1] + [expression(c, 0) for c in common], database)
    try:
        right = read(copy, keys[1:] + [expression(c, 1) for c in common], database)
    except Failure:
        right = read_each(copy, keys[1], common, database, found)
    if left.keys() != right.keys():
        found[""] = "%d rows, %d in the copy; only here: %.80s; only there: %.80s" % (
            len(left), len(right), sorted(left.keys() - right.keys()), sorted(right.keys() - left.keys()))
    for number, column in enumerate(common):
        for k in sorted(left.keys() & right.keys()):
            if left[k][number] != right[k][number] and column.name not in found:
                found[column.name] = "%.100s, in the copy %.100s" % (left[k][number], right[k][number])
    return found


def read_each(copy, key, common, database, found):
    """Column by column, when the texts of some cannot be read as the source's type."""
    try:
        right = {k: [None] * len(common) for k in read(copy, [key], database)}
    except Failure as error:
        found[""] = "keys: %.100s" % error
        return {}
    for number, column in enumerate(common):
        try:
            for k, values in read(copy, [key, expression(column, 1)], database).items():
                right[k][number] = values[0]
        except Failure as error:
            message = str(error).split("ERROR:  ")[-1].splitlines()[0]
            found[column.name] = "type %s there: %.100s" % (type_of(copy, column.name, database), message)
    return right


def type_of(copy, name, database):
    return next(c.type for c in columns(copy, database) if c.name == name)
