"""The relay's topics, read by Kafka Connect with Debezium's JDBC sink, become an equal copy of the bank of test/demo.

A broker, the relay and a worker run at once: rows that were there before come from the relay's snapshot, then the demo's workload and some
hundred changes of ours are streamed, with key changes, deletes, columns added and dropped.  The copies stand in a schema of the same database,
which the relay leaves out.
"""
import pathlib
import subprocess
import tempfile
import time

import cases
import connector as real
import tables
from cases import HERE, Failure

DATABASE = "conformance_bank"
DEMO = HERE.parent / "demo"
DOWNSTREAM = HERE.parent / "downstream"
TABLES = ("customers", "accounts", "transactions", "every_type")
PATIENCE = 90

# Intervals are sent as text: as a number, "1 mon" is 30.4375 days.  The sink cannot write date[] (sink/limits.jsonl), and points only where PostGIS is.
LEFT_OUT = ["c_date_array"]
POINTS = ["c_point", "place"]

# Without the old row in the log, the sink writes the placeholder over a long contract that an update leaves alone.
BEFORE = """ALTER TABLE customers REPLICA IDENTITY FULL;
INSERT INTO customers (id, name, address, contract) SELECT g, 'Customer ' || g, jsonb_build_object('zip', g), repeat('§', g) FROM generate_series(1000, 1299) g;
INSERT INTO accounts SELECT 'XX' || id, id, (ARRAY['current', 'savings', 'joint'])[1 + id % 3]::account_kind, 'EUR', id / 7.0 FROM customers;
"""
# The demo's last step empties a table.
LAST_STEP = "-- STEP A new year"
AFTER = """BEGIN;
UPDATE accounts SET balance = -balance WHERE customer_id % 3 = 0;
INSERT INTO transactions (iban, amount, city, tags) SELECT iban, balance / 3, E'tab\\t"' || customer_id, ARRAY['a b', NULL, '{}'] FROM accounts;
COMMIT;
UPDATE customers SET id = id + 5000 WHERE id % 10 = 0;
DELETE FROM transactions WHERE amount < 0;
DELETE FROM accounts WHERE customer_id % 7 = 0 AND NOT EXISTS (SELECT FROM transactions t WHERE t.iban = accounts.iban);
DELETE FROM customers WHERE NOT EXISTS (SELECT FROM accounts WHERE customer_id = customers.id) AND id % 2 = 1;
ALTER TABLE customers ADD note text DEFAULT 'none', DROP born;
INSERT INTO customers (id, name) VALUES (1, 'again'), (2, 'and again') ON CONFLICT DO NOTHING;
UPDATE customers SET note = NULL WHERE id % 4 = 0;
"""


def run_script(*words):
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    if done.returncode:
        raise Failure("%s\n%s" % (" ".join(str(w) for w in words[:2]), done.stderr.strip()[-2000:]))
    return done.stdout.strip()


def failed(folder):
    done = subprocess.run([str(DOWNSTREAM / "connect"), "failed", folder], stdout=subprocess.PIPE, encoding="utf-8")
    return done.stdout if done.returncode == 0 else ""


class Bank:
    def __init__(self, relay, folder):
        self.relay, self.folder = relay, pathlib.Path(folder)
        self.process = None
        self.points = bool(cases.psql("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis';"))
        self.left_out = LEFT_OUT + ([] if self.points else POINTS)

    def prepare(self):
        cases.drop_database(DATABASE)
        cases.psql("CREATE DATABASE %s TEMPLATE template0;" % DATABASE)
        cases.psql((DEMO / "schema.sql").read_text(encoding="utf-8"), DATABASE, DEMO / "schema.sql")
        cases.psql("ALTER DATABASE %s SET search_path = bank, public; CREATE SCHEMA copy;" % DATABASE, DATABASE)
        if self.points:
            cases.psql("CREATE EXTENSION postgis SCHEMA public;", DATABASE)
        cases.psql("CREATE EXTENSION cdc_json;" + BEFORE, DATABASE, "bank.py, before the slot")

    def start_relay(self, broker):
        config = self.folder / "relay.conf"
        config.write_text("""dsn = dbname=%s
slot = bank
create-slot = true
snapshot = initial
sink = kafka
set.bootstrap.servers = 127.0.0.1:%s
option.topic.prefix = bank
option.schemas.enable = true
option.skipped.operations = none
option.interval.handling.mode = string
option.table.include.list = bank\\..*
option.column.exclude.list = %s
""" % (DATABASE, broker, ",".join(r"bank\..*\.%s" % c for c in self.left_out)), encoding="utf-8")
        self.process = subprocess.Popen([self.relay, "--config", str(config)], stdin=subprocess.DEVNULL, stderr=open(self.folder / "relay.log", "w"))

    def start_sink(self, broker):
        settings = real.connector_properties({}, DATABASE)[0]
        url = "jdbc:postgresql://%s:%s/%s?currentSchema=copy" % (settings["database.hostname"], settings["database.port"], DATABASE)
        run_script(DOWNSTREAM / "connect", "start", self.folder / "connect", broker, "jdbc", "topics.regex=bank\\\\.bank\\\\..*", "connection.url=" + url,
                   "connection.username=" + settings["database.user"], "connection.password=none", "collection.name.format=copy.${topic}",
                   "insert.mode=upsert", "delete.enabled=true", "truncate.enabled=true", "primary.key.mode=record_key", "schema.evolution=basic",
                   "worker.value.converter.replace.null.with.default=false", "worker.key.converter.replace.null.with.default=false")

    def compare(self):
        """What is not equal: {table: {column: message}}."""
        found = {t: tables.compare("bank." + t, "copy.bank_bank_" + t, DATABASE, self.left_out) for t in TABLES}
        return {t: wrong for t, wrong in found.items() if wrong}

    def await_equal(self, what, count):
        """Waits until all tables are equal; what fails says itself why."""
        end = time.time() + PATIENCE
        while True:
            if self.process.poll() is not None:
                raise Failure("%s: the relay ended with status %d\n%s" % (what, self.process.returncode, (self.folder / "relay.log").read_text()[-1000:]))
            error = failed(self.folder / "connect")
            if error:
                raise Failure("%s: the sink failed\n%s" % (what, error[:1500]))
            wrong = self.compare()
            if not wrong:
                count.passed += 1
                return
            if time.time() > end:
                raise Failure("%s: after %d s the copy differs: %s" % (what, PATIENCE, wrong))
            time.sleep(1)

    def run(self, count):
        self.prepare()
        run_script(DOWNSTREAM / "kafka", "start", self.folder / "kafka")
        broker = (self.folder / "kafka" / "port").read_text().strip()
        self.start_relay(broker)
        self.start_sink(broker)
        self.await_equal("rows that were there before", count)
        workload, step, rest = (DEMO / "workload.sql").read_text(encoding="utf-8").partition(LAST_STEP)
        cases.psql(workload, DATABASE, DEMO / "workload.sql")
        self.await_equal("the workload of the demo", count)
        cases.psql(step + rest, DATABASE, "the last step of the demo")
        self.await_equal("a table that was emptied", count)
        cases.psql(AFTER, DATABASE, "bank.py, after the workload")
        self.await_equal("more changes", count)
        count.records = sum(int(cases.psql("SELECT count(*) FROM bank.%s;" % t, DATABASE)) for t in TABLES)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        for script, name in (("connect", "connect"), ("kafka", "kafka")):
            if (self.folder / name).exists():
                run_script(DOWNSTREAM / script, "stop", self.folder / name)
        cases.drop_database(DATABASE)


def run(relay, count):
    with tempfile.TemporaryDirectory() as folder:
        bank = Bank(relay, folder)
        try:
            bank.run(count)
        except Failure as failure:
            count.fail("bank: %s" % failure)
        finally:
            bank.end()
