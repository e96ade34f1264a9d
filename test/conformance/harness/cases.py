"""Case files, and SQL in a database of its own.

A case is SQL with a head of comments:

  -- Its subject in a sentence.
  -- set NAME=VALUE             a property, for all variants
  -- variant V NAME=VALUE ...   a variant has properties of its own; without such lines there is one, "base"
  -- needs EXTENSION
  -- replica                    decoding is read as a whole at the end (what follows -- STREAM runs in one go)

What stands before the line "-- STREAM" runs before the connector starts, the rest while it runs; at "-- SYNC" the
connector catches up first.  Names of properties are the connector's, and JsonConverter's.
"""
import os
import pathlib
import re
import subprocess

import transforms

HERE = pathlib.Path(__file__).resolve().parent.parent
DATABASE = "conformance"
CONVERTER = ("schemas.enable", "decimal.format", "replace.null.with.default")
ENV = dict(os.environ, PGCLIENTENCODING="UTF8", PGOPTIONS="-c client_min_messages=warning -c synchronous_commit=on")


class Failure(Exception):
    """Something that fails a case, with a message for people."""


class Case:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.stem
        self.title = ""
        self.needs = []
        self.variants = {}
        common = {}
        self.setup = []
        self.sections = []
        part = self.setup
        for number, line in enumerate(self.path.read_text(encoding="utf-8").split("\n"), 1):
            word = line.split(" ")
            if line in ("-- STREAM", "-- SYNC"):
                part = []
                self.sections.append(part)
            elif line.startswith("-- set "):
                self.assign(common, [line[7:]], number)
            elif line.startswith("-- variant "):
                self.assign(self.variants.setdefault(word[2], {}), re.split(r" (?=[a-z_.]+[A-Za-z0-9-.]*=)", line)[1:], number)
            elif line.startswith("-- needs "):
                self.needs += word[2:]
            elif line.startswith("-- ") and not self.title:
                self.title = line[3:]
            else:
                part.append((number, line))
        if not self.sections:
            raise Failure("%s: no line \"-- STREAM\"" % self.path)
        self.variants = {v: {**common, **extra} for v, extra in (self.variants or {"base": {}}).items()}

    def assign(self, properties, texts, number):
        for text in texts:
            name, equals, value = text.partition("=")
            if not equals:
                raise Failure("%s:%d: no NAME=VALUE: %s" % (self.path, number, text))
            properties[name.strip()] = value

    def sql(self, *parts):
        """A script that has each line at its number, so that errors name the line of the file."""
        lines = []
        for part in parts:
            for number, line in part:
                lines += [""] * (number - 1 - len(lines)) + [line]
        return "\n".join(lines) + "\n"


def psql(script, database="postgres", name=None):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"], input=script,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=ENV)
    if done.returncode:
        raise Failure(done.stderr.strip().replace("<stdin>", str(name or "(harness)"))[:2000])
    return done.stdout


def literal(text):
    return "'" + text.replace("'", "''") + "'"


# Drops what a case has made: schemas, with all that is in them, and settings.
CLEAN = """DO $$ DECLARE n text; BEGIN
FOR n IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
EXECUTE format('DROP SCHEMA %I CASCADE', n); END LOOP;
FOR n IN SELECT pubname FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', n); END LOOP;
EXECUTE format('ALTER DATABASE %I RESET ALL', current_database()); END $$; CREATE SCHEMA public;
"""


def clean_database(database=DATABASE):
    """An empty database: the one of the last case, or a new one."""
    psql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = {0} AND active;\n"
         "SELECT pg_sleep(0.05) WHERE EXISTS (SELECT FROM pg_replication_slots WHERE database = {0});\n"
         "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = {0};\n"
         "SELECT 'CREATE DATABASE {1} TEMPLATE template0' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {0}) \\gexec\n"
         "\\connect {1}\n{2}".format(literal(database), database, CLEAN))


def drop_database(database=DATABASE):
    if psql("SELECT 1 FROM pg_database WHERE datname = %s;" % literal(database)):
        clean_database(database)
        psql("DROP DATABASE %s WITH (FORCE);" % database)


# A commit, so that both sides know of one; then the marker behind which the records of a case begin.
BEGIN_STREAM = ("SELECT pg_logical_emit_message(true, 'conformance.start', '');"
                "SELECT pg_logical_emit_message(false, 'conformance.end', 'm0'), pg_current_xact_id();")


def marker(number):
    return "SELECT pg_logical_emit_message(false, 'conformance.end', 'm%d'), pg_current_xact_id();" % number


def with_markers(properties):
    """The case's properties, with filters that let the markers through."""
    result = dict(properties)
    if "message.prefix.include.list" in result:
        result["message.prefix.include.list"] += r",conformance\..*"
    return result


def plugin_options(properties, quirks):
    options = {"format": "record", "topic.prefix": "srv"}
    if quirks:
        options["debezium.quirks"] = "true"
    options.update(transforms.plugin_options(with_markers(properties)))
    return options


def peek(slot, options):
    words = [literal(word) for pair in options.items() for word in pair]
    return "SELECT data FROM pg_logical_slot_peek_changes('%s', NULL, NULL, VARIADIC ARRAY[%s]);" % (slot, ",".join(words))


def records_of_case(lines):
    """What comes after the first marker, without markers."""
    lines = list(lines)
    for i, line in enumerate(lines):
        if is_marker(line) and '"prefix":"conformance.end"' in line:
            lines = lines[i + 1:]
            break
    return [line for line in lines if not is_marker(line)]


def is_marker(line):
    return re.match(r'\{"topic":"srv\.message","key":[^\n]*"prefix":"conformance\.(?:start|end)"\}', line) is not None


def run_plugin(case, settings, folder):
    """Runs the case once and reads its slot with each variant under each setting: {(variant, setting): lines}."""
    line = case.sections[0][0][0] - 1 if case.sections[0] else len(case.setup) + 1
    start = [(line, "\\connect - \\\\ SELECT pg_create_logical_replication_slot('conformance', 'cdc_json'); " + BEGIN_STREAM)]
    files = {(v, s): folder / ("%s.%s" % (v, s)) for v in case.variants for s in settings}
    script = case.sql(*[case.setup, start] + case.sections) + marker(1) + "\n"
    for (variant, setting), file in files.items():
        script += "\\o %s\n%s\n" % (file, peek("conformance", plugin_options(case.variants[variant], setting == "quirks")))
    clean_database()
    psql(script, DATABASE, case.path)
    return {key: records_of_case(read_lines(path)) for key, path in files.items()}


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line[:-1] if line.endswith("\n") else line for line in file]
