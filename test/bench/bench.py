#!/usr/bin/env python3
"""Measures what output plugins cost, on a cluster that PGHOST and PGPORT name.

For each workload: tables are made, a slot, the load, a marker row.  Then every
plugin streams that log through pg_recvlogical, each from a copy of the slot;
runs are interleaved, so that a disturbance of the machine hits all alike, and
the median counts.

CPU time is the kernel's, in nanoseconds (/proc/PID/schedstat), read while the
walsender is held: it has sent everything up to the marker row, and waits.
Memory is what belongs to the walsender alone (RssAnon), sampled; shared
buffers are left out.

    bench.py RESULTS.json [WORKLOAD...]     --runs N --scale N --only a,b,c
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# name: plugin, options
VARIANTS = {
    'null': ('null_decoding', []),
    'pgoutput': ('pgoutput', ['proto_version=1', 'publication_names=bench']),
    'pgoutput binary': ('pgoutput', ['proto_version=1', 'publication_names=bench', 'binary=true']),
    'test_decoding': ('test_decoding', []),
    'wal2json': ('wal2json', ['format-version=2']),
    'wal2json schema': ('wal2json', ['format-version=2', 'include-types=true', 'include-pk=true', 'include-default=true', 'include-type-oids=true']),
    'decoderbufs': ('decoderbufs', []),
    'value': ('cdc_json', []),
    'value batched': ('cdc_json', ['batch.bytes=65536']),
    'record batched': ('cdc_json', ['format=record', 'batch.bytes=65536']),
    'schemas batched': ('cdc_json', ['schemas.enable=true', 'batch.bytes=65536']),
}

# name: numbers at scale 100 (for its script), number of changes at that scale
WORKLOADS = {
    'W1': ({'transactions': 5000}, 1000000),
    'W2': ({'transactions': 50000}, 200000),
    'W3': ({'rows': 1000000}, 1000000),
    'W4': ({'transactions': 5000}, 500000),
    'W5': ({'transactions': 5000}, 500000),
    'W6': ({'transactions': 100000}, 100000),
    'W7': ({'transactions': 5000}, 500000),
    'W8': ({'rounds': 250}, 50000),
}


class Psql:
    """One session that stays: asking it costs the machine next to nothing."""

    def __init__(self):
        self.process = subprocess.Popen(['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1'], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, query):
        self.process.stdin.write(query + ';\n\\echo =end=\n')
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == '=end=\n':
                return '\n'.join(lines)
            lines.append(line.rstrip('\n'))
        raise RuntimeError('query failed: ' + query)


def script(lines, numbers):
    variables = [argument for name, value in numbers.items() for argument in ('-v', f'{name}={value}')]
    settings = ' '.join(f'-c bench.{name}={value}' for name, value in numbers.items())
    subprocess.run(['psql', '-Xq', '-v', 'ON_ERROR_STOP=1', *variables], input=lines, text=True, check=True,
                   env=dict(os.environ, PGOPTIONS=settings), stdout=subprocess.DEVNULL)


def proc(pid, name):
    with open(f'/proc/{pid}/{name}') as file:
        return file.read()


def cpu_ns(pid):
    return int(proc(pid, 'schedstat').split()[0])


def field(text, name):
    return int(re.search(name + r':\s*(\d+)', text).group(1))


def measure(sql, variant, end):
    """One run of one plugin over the slot's log."""
    plugin, options = VARIANTS[variant]
    sql(f"SELECT pg_copy_logical_replication_slot('bench', 'run', false, '{plugin}')")
    command = ['pg_recvlogical', '-d', os.environ['PGDATABASE'], '-S', 'run', '--start', '-n', '-F', '0', '-f', '/dev/null']
    for option in options:
        command += ['-o', option]
    result = {}
    started = time.monotonic()
    client = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        server = None
        memory = 0
        while True:
            time.sleep(0.01)
            if client.poll() is not None:
                raise RuntimeError(client.stderr.read().decode(errors='replace').strip() or 'pg_recvlogical ended')
            state = sql(f"SELECT pid, sent_lsn > '{end}' FROM pg_stat_replication WHERE application_name = 'pg_recvlogical'")
            if not state:
                continue
            server, done = state.split('|')
            memory = max(memory, field(proc(server, 'status'), 'RssAnon'))
            if done == 't':
                break
        result['wall'] = time.monotonic() - started
        # both sides are idle when neither has used the CPU for a while
        before = None
        while True:
            now = cpu_ns(server), cpu_ns(client.pid)
            if before and now[0] - before[0] < 500000 and now[1] - before[1] < 500000:
                break
            before = now
            time.sleep(0.03)
        result['server'] = now[0] / 1e9
        result['client'] = now[1] / 1e9
        result['bytes'] = field(proc(client.pid, 'io'), 'wchar')
        result['memory'] = max(memory, field(proc(server, 'status'), 'RssAnon'))
    finally:
        if client.poll() is None:
            client.send_signal(signal.SIGINT)
        client.wait()
        client.stderr.close()
        while sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'run' AND active") != '0':
            time.sleep(0.01)
        sql("SELECT pg_drop_replication_slot('run') FROM pg_replication_slots WHERE slot_name = 'run'")
    return result


def workload(sql, name, runs, scale, variants):
    """Makes the load, measures it, and returns medians by variant."""
    numbers, changes = WORKLOADS[name]
    numbers = {key: max(value * scale // 100, 1) for key, value in numbers.items()}
    with open(f'{HERE}/workloads/{name}.sql') as file:
        setup, load = file.read().split('-- STREAM\n')
    if name == 'W2':
        subprocess.run(['pgbench', '-i', '-q', '-s', '5'], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # temporary tables of the setup serve the load: one session makes both
    make = "SELECT 'made' FROM pg_create_logical_replication_slot('bench', 'test_decoding');\n"
    script(setup + 'CHECKPOINT;\n' + make + load, numbers)
    end = sql('SELECT pg_current_wal_insert_lsn()')
    sql('INSERT INTO marker VALUES (DEFAULT)')
    samples = {variant: [] for variant in variants}
    notes = {}
    for run in range(runs):
        for variant in variants:
            if variant in notes:
                continue
            try:
                samples[variant].append(measure(sql, variant, end))
            except RuntimeError as error:
                notes[variant] = str(error).split('\n')[0]
                print(f'{name} {variant}: {notes[variant]}', file=sys.stderr)
    sql("SELECT pg_drop_replication_slot('bench')")
    medians = {variant: {key: statistics.median(sample[key] for sample in taken) for key in taken[0]}
               for variant, taken in samples.items() if taken and variant not in notes}
    return {'changes': changes * scale // 100, 'numbers': numbers, 'variants': medians, 'notes': notes}


def show(name, result):
    """A short table, for whoever watches."""
    variants = result['variants']
    null = variants['null']['server']
    base = variants.get('pgoutput', {}).get('server')
    other = variants.get('wal2json', {}).get('server')
    print(f"{name}: {result['changes']} changes")
    for variant, values in variants.items():
        line = f"  {variant:16} server {values['server']:6.3f}  client {values['client']:6.3f}  wall {values['wall']:6.3f}" \
               f"  {values['bytes'] / 1e6:7.1f} MB  {values['memory'] / 1024:5.1f} MB"
        if base:
            line += f"  net {(values['server'] - null) / (base - null):5.2f}  gross {values['server'] / base:5.2f}"
        if other:
            line += f"  of wal2json {values['server'] / other:5.2f}"
        print(line, flush=True)


def available():
    """The plugins that this server can load; says which it cannot."""
    found = []
    for variant, (plugin, _) in VARIANTS.items():
        library = os.path.join(os.environ.get('BENCH_LIBDIR', ''), plugin + '.so')
        if 'BENCH_LIBDIR' in os.environ and not os.path.exists(library):
            print(f'skipped: {variant}: {plugin} is not installed', file=sys.stderr)
        else:
            found.append(variant)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('results')
    parser.add_argument('workloads', nargs='*')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--scale', type=int, default=20, help='percent of the full sizes')
    parser.add_argument('--only', help='variants, separated by commas')
    arguments = parser.parse_intermixed_args()
    sql = Psql()
    variants = available()
    if arguments.only:
        variants = [variant for variant in variants if variant in arguments.only.split(',')]
    sql('SET client_min_messages = error')
    sql('DROP TABLE IF EXISTS marker; CREATE TABLE marker (id serial PRIMARY KEY)')
    sql('DROP PUBLICATION IF EXISTS bench; CREATE PUBLICATION bench FOR ALL TABLES')
    with open('/proc/cpuinfo') as file:
        machine = re.search(r'model name\s*: (.*)', file.read())
    results = {'machine': f"{os.cpu_count()} cores of {machine.group(1) if machine else os.uname().machine}", 'version': sql('SHOW server_version'), 'date': time.strftime('%Y-%m-%d'), 'runs': arguments.runs,
               'scale': arguments.scale, 'workloads': {}}
    for name in arguments.workloads or WORKLOADS:
        result = workload(sql, name, arguments.runs, arguments.scale, variants)
        results['workloads'][name] = result
        show(name, result)
        with open(arguments.results, 'w') as file:
            json.dump(results, file, indent=1)


if __name__ == '__main__':
    main()
