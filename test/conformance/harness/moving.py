"""Moving from Debezium to the plugin and back, as the README tells it.

The connector streams and is stopped; its slot's position is copied to a slot of the plugin; more is written and read there; then the
connector goes on with its old slot.  What the topics hold, folded by key, must be the tables each time, and per key the LSN never falls.
"""
import json

import cases
import connector as real

DATABASE = cases.DATABASE
SETUP = """CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE PUBLICATION dbz_publication FOR ALL TABLES;
SELECT pg_create_logical_replication_slot('dbz', 'pgoutput');
"""
ROUNDS = (
    "INSERT INTO t SELECT g, 'a' || g FROM generate_series(1, 50) g; UPDATE t SET v = 'b' WHERE id % 3 = 0; DELETE FROM t WHERE id % 7 = 0;",
    "INSERT INTO t SELECT g, 'c' || g FROM generate_series(51, 80) g; UPDATE t SET id = id + 1000 WHERE id % 5 = 0; DELETE FROM t WHERE id % 11 = 0;",
    "UPDATE t SET v = 'd'; INSERT INTO t VALUES (2000, 'e'); DELETE FROM t WHERE id > 1050;",
)
COPY = "SELECT pg_copy_logical_replication_slot('dbz', 'mine', false, 'cdc_json');"


class Topic:
    """What a compacted topic keeps of the records."""

    def __init__(self):
        self.rows, self.lsn, self.wrong = {}, {}, []

    def take(self, lines):
        for line in lines:
            record = json.loads(line)
            if record["topic"] != "srv.public.t":
                continue
            key, value = record["key"]["id"], record["value"]
            if value is None:
                self.rows.pop(key, None)
                continue
            lsn = value["source"]["lsn"]
            if lsn < self.lsn.get(key, 0):
                self.wrong.append("key %d: LSN %d after %d" % (key, lsn, self.lsn[key]))
            self.lsn[key] = lsn
            if value["op"] == "d":
                self.rows.pop(key, None)
            else:
                self.rows[key] = value["after"]["v"]

    def compare(self, count, what):
        table = {int(k): v for k, v in (line.split("|") for line in cases.psql("SELECT id, v FROM t;", DATABASE).splitlines())}
        if self.rows == table and not self.wrong:
            count.passed += 1
        else:
            count.fail("moving, %s: topic has %d rows, table %d; %s" % (what, len(self.rows), len(table), self.wrong[:2]))


def stream(java, topic, number, sql):
    """One life of the connector, on the slot that it had before."""
    config, converter = real.connector_properties({}, DATABASE)
    config["slot.name"] = "dbz"
    config["slot.drop.on.stop"] = "false"
    java.ask(do="start", connector=config, converter=converter)
    if sql:
        cases.psql(sql, DATABASE)
    cases.psql(cases.marker(number), DATABASE)
    answer = java.ask(do="await", marker="m%d" % number)
    topic.take(answer["records"] + java.ask(do="stop").get("records", []))
    return answer.get("error")


def run(java, count):
    cases.clean_database()
    cases.psql(SETUP, DATABASE)
    topic = Topic()
    error = stream(java, topic, 1, ROUNDS[0])
    topic.compare(count, "the connector")

    cases.psql(COPY + ROUNDS[1] + cases.marker(2), DATABASE)
    options = cases.plugin_options({}, False)
    topic.take(cases.psql(cases.peek("mine", options).replace("_peek_", "_get_"), DATABASE).splitlines())
    topic.compare(count, "the plugin after it")

    # back: the old slot holds what was written meanwhile, once more
    back = Topic()
    back.rows = dict(topic.rows)
    error = error or stream(java, back, 3, ROUNDS[2])
    back.compare(count, "the connector again")
    if error:
        count.fail("moving: the connector ended: " + error)
    cases.drop_database()
