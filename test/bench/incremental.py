#!/usr/bin/env python3
"""Measures incremental snapshots, on a cluster that PGHOST and PGPORT name.

Alone: cdc_json.snapshot_incremental() reads the rows of workload W3, and what
that adds to the log is compared with the table's size, right after a checkpoint
and once more without.  Beside pgbench: it reads the table that pgbench updates,
once as fast as it goes, then at a limit of 10,000 rows a second; pgbench alone
and with the limit take turns, and medians count.  Latencies are pgbench's own,
of every transaction.

    incremental.py RESULTS.json                    --runs N --scale N --seconds N
    incremental.py --tables RESULTS.json TABLES.md
    incremental.py --readme RESULTS.json README.md NEW-README.md
"""

import argparse
import glob
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import bench
from report import number, table

BEGIN, END = '<!-- benchmark of incremental snapshots: make bench-snapshot -->\n', '<!-- end of benchmark of incremental snapshots -->'
CHUNK_ROWS = 1024
LIMIT = 10000
ALONE, LOADED, WAL, LOSS = 50000, 25000, 3.5, 0.1


def progress(sql):
    """Rows that the last job has written."""
    return int(sql('SELECT coalesce(sum(rows), 0) FROM cdc_json.snapshot_progress WHERE job = (SELECT max(job) FROM cdc_json.snapshot_progress)'))


def alone(sql, name):
    """Seconds, and bytes of log, that the table takes."""
    start = sql('SELECT pg_current_wal_insert_lsn()')
    began = time.monotonic()
    sql(f"CALL cdc_json.snapshot_incremental('{{{name}}}', {CHUNK_ROWS})")
    seconds = time.monotonic() - began
    return {'seconds': seconds, 'wal': int(sql(f"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{start}')")), 'rows': progress(sql)}


class Job:
    """A snapshot of pgbench's table in a session of its own, again and again until it is ended."""

    def __init__(self, sql, limit):
        self.sql = sql
        self.limit = f', rows_per_second => {limit}' if limit else ''
        self.first = int(sql('SELECT coalesce(max(job), 0) FROM cdc_json.snapshot_progress'))
        call = f"CALL cdc_json.snapshot_incremental('{{pgbench_accounts}}', {CHUNK_ROWS}{self.limit});\n"
        self.process = subprocess.Popen(['psql', '-Xq'], stdin=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
        self.process.stdin.write(call * 100)
        self.process.stdin.flush()
        self.began = time.monotonic()

    def end(self):
        """Rows a second."""
        rows = int(self.sql(f'SELECT coalesce(sum(rows), 0) FROM cdc_json.snapshot_progress WHERE job > {self.first}'))
        seconds = time.monotonic() - self.began
        self.process.kill()
        self.process.wait()
        # the server notices when it has something to say
        while self.sql("SELECT count(pg_terminate_backend(pid)) FROM cdc_json.snapshot_progress WHERE pid IS NOT NULL") != '0':
            time.sleep(0.05)
        return rows / seconds


def pgbench(seconds, clients):
    """Transactions a second, and the latency that 99 % of them keep, in ms."""
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run(['pgbench', '-n', '-c', str(clients), '-j', str(clients), '-T', str(seconds), '-l', '--log-prefix', f'{folder}/log'],
                             capture_output=True, text=True, check=True).stdout
        latencies = []
        for name in glob.glob(f'{folder}/log*'):
            with open(name) as file:
                latencies += [int(line.split()[2]) for line in file]
    latencies.sort()
    return {'tps': float(re.search(r'tps = ([\d.]+)', out).group(1)), 'p99': latencies[len(latencies) * 99 // 100] / 1000}


def medians(samples):
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


def measure(arguments):
    sql = bench.Psql()
    sql('SET client_min_messages = error')
    sql('CREATE EXTENSION IF NOT EXISTS cdc_json')
    sql('DROP TABLE IF EXISTS w3')
    with open('/proc/cpuinfo') as file:
        machine = re.search(r'model name\s*: (.*)', file.read())
    cores = len(os.sched_getaffinity(0))
    with open(os.path.join(bench.HERE, 'workloads', 'W3.sql')) as file:
        bench.script(file.read(), {'rows': 10000 * arguments.scale})
    subprocess.run(['pgbench', '-i', '-q', '-s', str(max(arguments.scale // 10, 1))], check=True, capture_output=True)
    sql('VACUUM (FREEZE, ANALYZE)')
    sql("SELECT pg_create_logical_replication_slot('incremental', 'cdc_json')")
    size = int(sql("SELECT pg_table_size('w3')"))
    cold, warm = [], []
    for _ in range(arguments.runs):
        sql('CHECKPOINT')
        cold.append(alone(sql, 'w3'))
        warm.append(alone(sql, 'w3'))
        sql("SELECT pg_replication_slot_advance('incremental', pg_current_wal_insert_lsn())")
        print(f"  alone            {cold[-1]['rows'] / cold[-1]['seconds']:10,.0f} rows/s, {warm[-1]['rows'] / warm[-1]['seconds']:10,.0f} without page images", flush=True)
    job = Job(sql, None)
    fast = pgbench(arguments.seconds, cores)
    fast['rows'] = job.end()
    print(f"  beside pgbench   {fast['rows']:10,.0f} rows/s", flush=True)
    quiet, limited = [], []
    for _ in range(arguments.runs):
        quiet.append(pgbench(arguments.seconds, cores))
        job = Job(sql, LIMIT)
        sample = pgbench(arguments.seconds, cores)
        sample['rows'] = job.end()
        limited.append(sample)
        print(f"  pgbench          {quiet[-1]['tps']:10,.0f} tps, p99 {quiet[-1]['p99']:.2f} ms; at the limit {sample['tps']:10,.0f} tps, p99 {sample['p99']:.2f} ms, {sample['rows']:,.0f} rows/s", flush=True)
        sql("SELECT pg_replication_slot_advance('incremental', pg_current_wal_insert_lsn())")
    sql("SELECT pg_drop_replication_slot('incremental')")
    return {'machine': f"{cores} cores of {machine.group(1) if machine else os.uname().machine}", 'version': sql('SHOW server_version'),
            'date': time.strftime('%Y-%m-%d'), 'runs': arguments.runs, 'seconds': arguments.seconds, 'clients': cores, 'size': size,
            'cold': medians(cold), 'warm': medians(warm), 'fast': fast, 'quiet': medians(quiet), 'limited': medians(limited)}


# ---------- results ----------

def rate(values):
    return values['rows'] / values['seconds']


def overview(results):
    """The table that README.md shows."""
    size, quiet = results['size'], results['quiet']
    rows = []
    for title, values in (('W3, alone, after a checkpoint', results['cold']), ('W3, alone, once more', results['warm'])):
        rows.append([title, f'{rate(values):,.0f}', number(values['wal'] / values['rows'], 0), number(values['wal'] / size), '', ''])
    rows.append(['pgbench alone', '', '', '', f"{quiet['tps']:,.0f}", number(quiet['p99'])])
    rows.append(['its table, as fast as it goes', f"{results['fast']['rows']:,.0f}", '', '', f"{results['fast']['tps']:,.0f}", number(results['fast']['p99'])])
    rows.append([f'its table, `rows_per_second => {LIMIT}`', f"{results['limited']['rows']:,.0f}", '', '', f"{results['limited']['tps']:,.0f}", number(results['limited']['p99'])])
    return table(['`snapshot_incremental()`', 'rows a second', 'bytes of WAL a row', 'to the table', 'pgbench tps', 'p99 ms'], rows)


def targets(results):
    """What was promised: [(what, value, limit, kept)]."""
    cold, quiet, limited = results['cold'], results['quiet'], results['limited']
    chunk = CHUNK_ROWS / results['fast']['rows'] * 1000
    loss = 1 - limited['tps'] / quiet['tps']
    return [
        ('rows a second, alone', f'{rate(cold):,.0f}', f'at least {ALONE:,}', rate(cold) >= ALONE),
        ('rows a second, beside pgbench', f"{results['fast']['rows']:,.0f}", f'at least {LOADED:,}', results['fast']['rows'] >= LOADED),
        ('bytes of WAL, to the size of the table', number(cold['wal'] / results['size']), f'at most {WAL}', cold['wal'] <= WAL * results['size']),
        (f'tps that pgbench loses at {LIMIT:,} rows a second', f'{loss:.1%}', f'less than {LOSS:.0%}', loss < LOSS),
        ('ms by which its p99 grows then', number(limited['p99'] - quiet['p99']), f'less than {chunk:.2f}: one chunk', limited['p99'] - quiet['p99'] < chunk),
    ]


def conditions(results):
    return (f"{results['date']}, PostgreSQL {results['version']}, {results['machine']}; `make bench-snapshot`, medians of {results['runs']} runs, chunks of {CHUNK_ROWS:,} rows; "
            f"W3 has {results['cold']['rows']:,.0f} rows in {results['size'] / 1e6:.0f} MB; pgbench with {results['clients']} clients for {results['seconds']} s.")


def tables(results):
    kept = [[what, value, limit + ('' if ok else ' ✗')] for what, value, limit, ok in targets(results)]
    return f"# Incremental snapshots\n\n{conditions(results)}\n\n## Overview\n\n{overview(results)}\n## Targets\n\n{table(['Target', 'measured', 'limit'], kept)}"


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
    parser.add_argument('--seconds', type=int, default=10, help='of each run of pgbench')
    arguments = parser.parse_args()
    results = measure(arguments)
    with open(arguments.results, 'w') as file:
        json.dump(results, file, indent=1)


if __name__ == '__main__':
    main()
