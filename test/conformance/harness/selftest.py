"""The comparison compares: altered recorded files must fail, and each message must show what and where.

A file is altered in one place at a time; the records of the plugin are those of an honest run.
"""
import contextlib
import io
import os
import pathlib
import shutil
import tempfile

from cases import Case, Failure, run_plugin


def swap(lines, i):
    return lines[:i] + [lines[i + 1], lines[i]] + lines[i + 2:]


def replace(old, new, record=1):
    def alter(lines):
        i = record - 1
        if lines[i].count(old) < 1:
            raise Failure("nothing to alter: no %s in record %d" % (old, record))
        return lines[:i] + [lines[i].replace(old, new, 1)] + lines[i + 1:]
    return alter


# what is altered: case, variant, how, and what the message must have
ALTERATIONS = (
    ("a byte of the envelope", "key_change", "base", replace('"op":"c"', '"op":"k"'), ("record 1", "value.op", '"k"', '"c"')),
    ("the spelling of a number", "type_double", "base", replace("1.0E10", "10000000000.0", 2), ("record 2", "value.after.b", "10000000000.0", "1.0E10")),
    ("a key", "key_change", "base", replace('"key":{"id":1}', '"key":{"id":7}'), ("record 1", "key.id", "expected 7", "made 1")),
    ("the order of records", "key_change", "base", lambda lines: swap(lines, 0), ("record 1", "key.id", "expected 2", "made 1")),
    ("the order of members", "key_change", "base", replace('"id":1,"v":"x"', '"v":"x","id":1'), ("record 1", "value.after (order)", "v,id", "id,v")),
    ("a record too few", "key_change", "base", lambda lines: lines[1:], ("record 1", "(record)", "expected (absent)")),
    ("a record twice", "key_change", "base", lambda lines: lines[:1] + lines, ("(record)", "made (absent)")),
    ("a topic", "type_double", "base", replace("srv.public.t", "srv.public.T", 3), ("record 3", "topic", "srv.public.T", "srv.public.t")),
    ("a header", "key_change", "base", replace('"__debezium.context.taskId":"0"', '"__debezium.context.taskId":"1"', 2),
     ("record 2", "headers.__debezium.context.taskId", '"1"', '"0"')),
    ("a member of a schema", "key_change", "schemas", replace('"optional":false', '"optional":true'), ("record 1", "schema", "true", "false")),
    ("a blank between members", "key_change", "base", replace('{"before"', '{ "before"'), ("record 1", "(spelling)", '{ "before"', '{"before"')),
    ("a null", "type_boolean", "base", replace('"a":null', '"a":false', 2), ("record 2", "value.after.a", "expected false", "made null")),
    ("the spelling of an escape", "type_text", "base", replace("\\t", "\\u0009", 2), ("record 2", "(spelling)", "u0009", "\\t")),
)


# SQL errors: which line of the case has one
WRONG = (
    ("-- Wrong in the set-up.\nSELECT 1;\nSELECT nonsense;\n-- STREAM\n", 3),
    ("-- Wrong in the stream.\nCREATE TABLE t (id int);\n-- STREAM\nINSERT INTO t VALUES (1);\n\nINSERT INTO t VALUES ('x');\n", 6),
)


def sql_errors(folder):
    """Messages about SQL errors that are not reported with file and line."""
    for text, line in WRONG:
        path = pathlib.Path(folder) / "wrong.sql"
        path.write_text(text, encoding="utf-8")
        try:
            run_plugin(Case(path), ("quirks",), pathlib.Path(folder))
            yield "an SQL error in line %d: not noticed" % line
        except Failure as error:
            if "%s:%d: ERROR:" % (path, line) not in str(error):
                yield "an SQL error in line %d: reported as %s" % (line, error)


def run(main):
    honest = main.HERE / "recorded"
    passed = failed = 0
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for what, name, variant, alter, words in ALTERATIONS:
            case = Case(main.HERE / "cases" / (name + ".sql"))
            if name not in made:
                made[name] = run_plugin(case, main.SETTINGS, pathlib.Path(folder))
            main.RECORDED = pathlib.Path(folder) / "recorded"
            main.RECORDED.mkdir(exist_ok=True)
            for v in case.variants:
                shutil.copy(honest / ("%s.%s.jsonl" % (name, v)), main.RECORDED)
            file = main.RECORDED / ("%s.%s.jsonl" % (name, variant))
            lines = file.read_text(encoding="utf-8").split("\n")[:-1]
            file.write_text("\n".join(alter(lines)) + "\n", encoding="utf-8")
            text = io.StringIO()
            count = main.Count()
            with contextlib.redirect_stdout(text):
                same = main.judge(case, main.find_differences(case, made[name], count), count)
            message = text.getvalue().split("\n")[0]
            lacks = [w for w in (name, variant, "expected", "made") + words if w not in message]
            if same or lacks:
                failed += 1
                print("FAILED: %s altered (%s): %s" % (what, name, "not noticed" if same else "no %s in: %s" % (", ".join(lacks), message)))
            else:
                passed += 1
        wrong = list(sql_errors(folder))
        failed += len(wrong)
        passed += len(WRONG) - len(wrong)
        for message in wrong:
            print("FAILED: " + message)
    main.RECORDED = honest
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0
