#!/usr/bin/env python3
"""Measures what it costs to read rows that are there: read_event(), read_frame(), snapshot(), beside a plain COPY.

The rows are those of workload W3.  First they are streamed, to know what a
plugin adds to decoding (net CPU); then they are read in several ways, in turn,
and the median counts.  CPU time is the kernel's (/proc/PID/schedstat), of the
server process and of its client; memory what belongs to the server process
alone (RssAnon), sampled.  At last sessions share the table by chunks(); they
write to /dev/null themselves, so that clients take no part of the CPU.

    snapshots.py RESULTS.json                    --runs N --scale N
    snapshots.py --tables RESULTS.json TABLES.md
    snapshots.py --readme RESULTS.json README.md NEW-README.md
"""

import argparse
import json
import os
import re
import statistics
import sys
import threading
import time

import bench
from report import number, table

BEGIN, END = '<!-- benchmark of snapshots: make bench-snapshot -->\n', '<!-- end of benchmark of snapshots -->'

# name: query, format of COPY
READS = {
    'copy': ('w3', ''),
    'copy query': ('(SELECT * FROM w3 AS t)', ''),
    'copy json': ('(SELECT row_to_json(t) FROM w3 AS t)', ''),
    'value': ('(SELECT cdc_json.read_event(t) FROM w3 AS t)', ''),
    'record': ("(SELECT cdc_json.read_event(t, 'format', 'record') FROM w3 AS t)", ''),
    'schemas': ("(SELECT cdc_json.read_event(t, 'schemas.enable', 'true') FROM w3 AS t)", ''),
    'frame': ('(SELECT cdc_json.read_frame(t) FROM w3 AS t)', 'FORMAT binary'),
    'snapshot': ("(SELECT cdc_json.snapshot('{w3}'))", ''),
}
TITLES = {
    'copy': '`COPY t TO STDOUT`',
    'copy query': 'the same as a query',
    'copy json': '`row_to_json(t)`',
    'value': '**`read_event(t)`**',
    'record': '**`read_event(t)`**, `format=record`',
    'schemas': '**`read_event(t)`**, `schemas.enable`',
    'frame': '**`read_frame(t)`**',
    'snapshot': "**`snapshot('{t}')`**",
}
# streamed for comparison: what decoding costs by itself, and with events
STREAMS = ('null', 'value', 'value batched')
ROWS_PER_SECOND = 200000
SHARE_OF_NET = 1.2


class Sampler(threading.Thread):
    """The most memory that a process had of its own, in kB."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.stop = pid, 0, threading.Event()
        self.start()

    def run(self):
        while not self.stop.wait(0.02):
            self.most = max(self.most, bench.field(bench.proc(self.pid, 'status'), 'RssAnon'))

    def end(self):
        self.stop.set()
        self.join()
        return self.most


def read(name):
    """One reading, in a session of its own."""
    query, form = READS[name]
    sql = bench.Psql()
    server = int(sql('SELECT pg_backend_pid()'))
    client = sql.process.pid
    # what a first call does for all later ones is no part of it
    sql("SELECT length(cdc_json.read_event(t)) FROM w3 AS t LIMIT 1")
    sampler = Sampler(server)
    before = bench.cpu_ns(server), bench.cpu_ns(client), bench.field(bench.proc(client, 'io'), 'wchar')
    started = time.monotonic()
    # of lines before the command's end, none is an answer
    sql(f"\\copy {query} to '/dev/null' {'with (' + form + ')' if form else ''}\nSELECT 1")
    result = {'wall': time.monotonic() - started, 'server': (bench.cpu_ns(server) - before[0]) / 1e9,
              'client': (bench.cpu_ns(client) - before[1]) / 1e9,
              'bytes': bench.field(bench.proc(client, 'io'), 'wchar') - before[2], 'memory': sampler.end()}
    sql.process.stdin.close()
    sql.process.wait()
    return result


def share(sessions):
    """Wall time and CPU of sessions that read the table's chunks, each its part."""
    sqls = [bench.Psql() for _ in range(sessions)]
    pids = [int(sql('SELECT pg_backend_pid()')) for sql in sqls]
    chunks = [line.split('|') for line in sqls[0]("SELECT lower, upper FROM cdc_json.chunks('w3', (SELECT reltuples::bigint / 48 FROM pg_class WHERE relname = 'w3'))").split('\n')]
    before = [bench.cpu_ns(pid) for pid in pids]
    started = time.monotonic()

    def work(i):
        for lower, upper in chunks[i::sessions]:
            sqls[i](f"COPY (SELECT cdc_json.read_event(t) FROM ONLY w3 AS t WHERE t.ctid >= '{lower}' AND t.ctid < '{upper}') TO '/dev/null'")
    threads = [threading.Thread(target=work, args=(i,)) for i in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = {'wall': time.monotonic() - started, 'server': sum(bench.cpu_ns(pid) - b for pid, b in zip(pids, before)) / 1e9}
    for sql in sqls:
        sql.process.stdin.close()
        sql.process.wait()
    return result


def medians(samples):
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


def measure(arguments):
    sql = bench.Psql()
    sql('SET client_min_messages = error')
    sql('CREATE EXTENSION IF NOT EXISTS cdc_json')
    sql('CREATE TABLE marker (id serial PRIMARY KEY)')
    with open('/proc/cpuinfo') as file:
        machine = re.search(r'model name\s*: (.*)', file.read())
    cores = len(os.sched_getaffinity(0))
    stream = bench.workload(sql, 'W3', arguments.runs, arguments.scale, STREAMS)
    bench.show('W3 streamed', stream)
    sql('VACUUM (FREEZE, ANALYZE) w3; CHECKPOINT')
    rows = int(sql('SELECT count(*) FROM w3'))
    samples = {name: [] for name in READS}
    for _ in range(arguments.runs):
        for name in READS:
            samples[name].append(read(name))
    reads = {name: medians(taken) for name, taken in samples.items()}
    for name, values in reads.items():
        print(f"  {name:16} server {values['server']:6.3f}  client {values['client']:6.3f}  wall {values['wall']:6.3f}  {values['memory'] / 1024:5.1f} MB", flush=True)
    shared = {sessions: [] for sessions in range(1, cores + 2)}
    for _ in range(arguments.runs):
        for sessions, taken in shared.items():
            taken.append(share(sessions))
    return {'machine': f"{cores} cores of {machine.group(1) if machine else os.uname().machine}", 'cores': cores, 'version': sql('SHOW server_version'),
            'date': time.strftime('%Y-%m-%d'), 'runs': arguments.runs, 'rows': rows, 'bytes': int(sql("SELECT pg_table_size('w3')")),
            'stream': {name: values['server'] / stream['changes'] * 1e6 for name, values in stream['variants'].items()},
            'reads': reads, 'shared': {str(sessions): medians(taken) for sessions, taken in shared.items()}}


# ---------- results ----------

def per_row(results, name, key='server'):
    return results['reads'][name][key] / results['rows'] * 1e6


def overview(results):
    """The table that README.md shows."""
    rows = []
    for name in READS:
        values = results['reads'][name]
        rows.append([TITLES[name], number(per_row(results, name)), f"{results['rows'] / values['server']:,.0f}", f"{results['rows'] / values['wall']:,.0f}",
                     number(values['bytes'] / results['rows'], 0), number(values['memory'] / 1024, 1)])
    return table(['Rows of W3', 'µs of server CPU a row', 'rows a second and core', 'rows a second', 'bytes a row', 'memory MB'], rows)


def targets(results):
    """What was promised: [(what, value, limit, kept)]."""
    found = []
    for name in ('value', 'record', 'frame', 'snapshot'):
        rate = results['rows'] / results['reads'][name]['server']
        found.append((f'{TITLES[name]}: rows a second and core', f'{rate:,.0f}', f'at least {ROWS_PER_SECOND:,}', rate >= ROWS_PER_SECOND))
    for stream in ('value', 'value batched'):
        net = results['stream'][stream] - results['stream']['null']
        limit = per_row(results, 'copy') + SHARE_OF_NET * net
        value = per_row(results, 'value')
        batched = ' in batches' if 'batched' in stream else ''
        found.append((f"{TITLES['value']}: µs of CPU a row, to `COPY` and {SHARE_OF_NET} times the net {net:.2f} of streaming{batched}",
                      number(value), f'at most {limit:.2f}', value <= limit))
    most = str(results['cores'])
    gain = results['shared']['1']['wall'] / results['shared'][most]['wall']
    found.append((f'{most} sessions: times the speed of one', number(gain), f'at least {0.8 * results["cores"]:.1f}', gain >= 0.8 * results['cores']))
    return found


def sessions(results):
    one = results['shared']['1']['wall']
    return table(['Sessions', 'rows a second', 'to one', 'µs of server CPU a row'],
                 [[n, f"{results['rows'] / values['wall']:,.0f}", number(one / values['wall']), number(values['server'] / results['rows'] * 1e6)]
                  for n, values in results['shared'].items()])


def conditions(results):
    return (f"{results['date']}, PostgreSQL {results['version']}, {results['machine']}; `make bench-snapshot`, medians of {results['runs']} interleaved runs, "
            f"{results['rows']:,} rows in {results['bytes'] / 1e6:.0f} MB, in memory; Unix socket.")


def tables(results):
    kept = [[what, value, limit + ('' if ok else ' ✗')] for what, value, limit, ok in targets(results)]
    return (f"# Snapshots\n\n{conditions(results)}\n\n## Overview\n\n{overview(results)}\n## Targets\n\n{table(['Target', 'measured', 'limit'], kept)}\n"
            f"## Sessions that share the table\n\n{sessions(results)}\n## Streaming the same rows\n\n"
            + table(['Plugin', 'µs of walsender CPU a row'], [[name, number(value)] for name, value in results['stream'].items()]))


def readme(results, text):
    before, rest = text.split(BEGIN)
    return f'{before}{BEGIN}{overview(results)}\n{conditions(results)}\n{END}{rest.split(END)[1]}'


def main():
    if sys.argv[1] in ('--tables', '--readme'):
        with open(sys.argv[2]) as file:
            results = json.load(file)
        if sys.argv[1] == '--readme':
            with open(sys.argv[3]) as file:
                text = readme(results, file.read())
        else:
            text = tables(results)
        with open(sys.argv[-1], 'w') as out:
            out.write(text)
        return
    parser = argparse.ArgumentParser()
    parser.add_argument('results')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--scale', type=int, default=100, help='percent of a million rows')
    arguments = parser.parse_args()
    results = measure(arguments)
    with open(arguments.results, 'w') as file:
        json.dump(results, file, indent=1)


if __name__ == '__main__':
    main()
