#!/usr/bin/env python3
"""The relay against Debezium: backlog and latency to a real broker, CPU and memory.

    relay.py run RESULTS.json [--quick] [--only relay,null,tuned,default,latency,idle]
    relay.py report RESULTS.json RESULTS.md
    relay.py readme RESULTS.json README.md NEW_README.md

Runs inside of test/bench/relay/run, which starts server and broker: PGHOST and
PGPORT for the relay, PGPORT on 127.0.0.1 for the connector, KAFKA the broker's
port, BROKER its process, WORK a folder, DOWNSTREAM the scripts of the connector.

Backlog: workload W1 (transactions of 100 inserts, 60 updates, 40 deletes, which
are 240 records) is written once; each program then reads it through a slot of its
own into a topic of its own.  Times are the broker's (LogAppendTime), so that the
start of a program does not count.  CPU is user and system time of the process.
"""

import argparse
import datetime
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf('SC_CLK_TCK')
EVENTS = 200  # in a transaction
RECORDS = 240
INSERT = ("INSERT INTO w1 SELECT nextval('ids'), i, i * 1.25, now(), 'status ' || i % 7, repeat('note text ', 15), i % 2 = 0, i * 0.5 "
          'FROM generate_series(1, {}) i')

# properties of the connector and its worker; one search of better ones, not all of them
TUNED = ['max.batch.size=16384', 'max.queue.size=65536', 'poll.interval.ms=50', 'worker.producer.linger.ms=20',
         'worker.producer.batch.size=524288', 'worker.producer.buffer.memory=67108864']
FASTEST = ['poll.interval.ms=1', 'worker.producer.linger.ms=0']


class Psql:
    """One session that stays."""

    def __init__(self):
        self.process = subprocess.Popen(['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)

    def send(self, query):
        self.process.stdin.write(query + ';\n')
        self.process.stdin.flush()

    def __call__(self, query):
        self.send(query + ';\n\\echo =end=\n')
        lines = []
        for line in self.process.stdout:
            if line == '=end=\n':
                return '\n'.join(lines)
            lines.append(line.rstrip('\n'))
        raise RuntimeError('query failed: ' + query)


def cpu(pid):
    """Seconds, of all threads."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            fields = file.read().rsplit(')', 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid, name='VmHWM'):
    """MB"""
    with open(f'/proc/{pid}/status') as file:
        return int(re.search(name + r':\s+(\d+)', file.read()).group(1)) / 1024


def busy():
    with open('/proc/stat') as file:
        fields = [int(field) for field in file.readline().split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / TICK


class Cpu:
    """CPU of program, walsender and broker between two points, and what else the machine did: noise."""

    def __init__(self, sql, slot, pid):
        self.sql, self.slot, self.pid = sql, slot, pid
        self.senders = {}
        self.first = None
        self.stop = threading.Event()
        self.start = (cpu(pid), cpu(os.environ['BROKER']), busy(), time.process_time())
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()

    def sample(self):
        """The connector opens its slot more than once: the walsender may change."""
        while not self.stop.wait(0.1):
            pid = self.sql(f"SELECT active_pid FROM pg_replication_slots WHERE slot_name = '{self.slot}'")
            used = cpu(pid) if pid else None
            if used is not None:
                self.senders.setdefault(pid, [used, used])[1] = used

    def end(self):
        self.stop.set()
        self.thread.join()
        program, broker, machine, own = self.start
        result = {'program_cpu': cpu(self.pid) - program, 'broker_cpu': cpu(os.environ['BROKER']) - broker,
                  'walsender_cpu': sum(last - first for first, last in self.senders.values()), 'rss_mb': memory(self.pid)}
        result['other_cpu'] = busy() - machine - sum(result[name] for name in ('program_cpu', 'broker_cpu', 'walsender_cpu')) - (
            time.process_time() - own)
        return result


def watch(*arguments):
    return subprocess.run([os.environ['KAFKA_WATCH'], arguments[0], f"127.0.0.1:{os.environ['KAFKA']}", *map(str, arguments[1:])],
                          check=True, stdout=subprocess.PIPE, text=True).stdout.split()


class Relay:
    """Our program, on a slot."""

    def __init__(self, name, sink, *more):
        command = [os.environ['RELAY'], '--dsn', f"host={os.environ['PGHOST']}", '--slot', name, '--sink', sink, '--snapshot', 'no_data',
                   '--option', f'topic.prefix={name}', *more]
        if '--snapshot' not in subprocess.run([os.environ['RELAY'], '--help'], stdout=subprocess.PIPE, text=True).stdout:
            del command[command.index('--snapshot'):command.index('--snapshot') + 2]
        if sink == 'kafka':
            command += ['--set', f"bootstrap.servers=127.0.0.1:{os.environ['KAFKA']}"]
        self.log = open(f"{os.environ['WORK']}/{name}.log", 'a')
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.log)
        self.pid = self.process.pid

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait() != 0:
            raise RuntimeError(f'the relay ended with status {self.process.returncode}: see {self.log.name}')


class Debezium:
    """The connector in Kafka Connect, on a slot."""

    def __init__(self, name, properties):
        self.folder = f"{os.environ['WORK']}/{name}"
        subprocess.run(['sh', f"{os.environ['DOWNSTREAM']}/connect", 'start', self.folder, os.environ['KAFKA'], 'postgres',
                        'worker.key.converter.schemas.enable=false', 'worker.value.converter.schemas.enable=false',
                        'plugin.name=pgoutput', 'database.hostname=127.0.0.1', f"database.port={os.environ['PGPORT']}",
                        'database.user=postgres', 'database.password=postgres', f"database.dbname={os.environ['PGDATABASE']}",
                        f'topic.prefix={name}', 'table.include.list=public.w1', f'slot.name={name}', f'publication.name={name}',
                        'publication.autocreate.mode=filtered', 'snapshot.mode=no_data', *properties],
                       check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, CONNECT_HEAP='1g', CONNECT_JVM='-XX:+UseG1GC'))
        with open(f'{self.folder}/pid') as file:
            self.pid = int(file.read())

    def stop(self):
        subprocess.run(['sh', f"{os.environ['DOWNSTREAM']}/connect", 'stop', self.folder], check=True)


def say(text):
    print(text, file=sys.stderr, flush=True)


def drop(sql, name):
    for _ in range(100):
        if not sql(f"SELECT active_pid FROM pg_replication_slots WHERE slot_name = '{name}' AND active"):
            break
        time.sleep(0.1)
    sql(f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{name}'")


def warm_up(sql, name, properties):
    """Makes the connector's slot and publication, and an offset that it goes on from."""
    connector = Debezium(name, properties)
    sql(INSERT.format(1))
    watch('wait', f'{name}.public.w1', 0, 1, 60)
    time.sleep(6)  # offsets are stored every few seconds
    connector.stop()


def workload(transactions):
    with open(f'{HERE}/../workloads/W1.sql') as file:
        table, stream = file.read().split('-- STREAM')
    return table, stream, {'transactions': transactions}


def script(text, numbers):
    variables = [argument for name, value in numbers.items() for argument in ('-v', f'{name}={value}')]
    settings = ' '.join(f'-c bench.{name}={value}' for name, value in numbers.items())
    subprocess.run(['psql', '-Xq', '-v', 'ON_ERROR_STOP=1', *variables], input=text, text=True, check=True,
                   env=dict(os.environ, PGOPTIONS=settings), stdout=subprocess.DEVNULL)


def backlog_kafka(sql, name, start, transactions):
    """From the first to the last record in the broker's time; the second half is steady."""
    topic = f'{name}.public.w1'
    had = int(watch('high', topic)[0])
    # the slots that were made before others saw their warm-up rows, too
    extra = int(sql(f"SELECT n FROM warm WHERE slot = '{name}'"))
    program = start()
    usage = Cpu(sql, name, program.pid)
    first, middle, last = map(int, watch('wait', topic, had, extra + transactions * RECORDS, 900))
    result = usage.end()
    program.stop()
    drop(sql, name)
    watch('delete', topic)
    time.sleep(2)
    events = transactions * EVENTS
    result.update(events=events, seconds=(last - first) / 1000, events_per_s=events * 1000 / max(last - first, 1),
                  steady_events_per_s=events * 500 / max(last - middle, 1))
    return result


def backlog_null(sql, name, transactions):
    """Without a broker: until the slot has confirmed everything."""
    end = sql('SELECT pg_current_wal_lsn()')
    started = time.monotonic()
    program = Relay(name, 'null', '--heartbeat', '0', '--status-interval', '0.05')
    usage = Cpu(sql, name, program.pid)
    while sql(f"SELECT confirmed_flush_lsn >= '{end}' FROM pg_replication_slots WHERE slot_name = '{name}'") != 't':
        time.sleep(0.02)
    seconds = time.monotonic() - started
    result = usage.end()
    program.stop()
    drop(sql, name)
    events = transactions * EVENTS
    result.update(events=events, seconds=seconds, events_per_s=events / seconds, program_events_per_cpu_s=events / max(result['program_cpu'], 0.01))
    return result


def latency(sql, name, start, rates, seconds):
    """Inserts at a rate, 100 transactions a second."""
    topic = f'{name}.public.w1'
    program = start()
    results = []

    def load(rate, duration):
        writer = Psql()
        begun = time.monotonic()
        for k in range(duration * 100):
            pause = begun + k / 100 - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            writer.send(INSERT.format(rate // 100))
        writer('SELECT 1')
        writer.process.stdin.close()
        writer.process.wait()

    had = int(watch('high', topic)[0])
    load(1000, 10)
    watch('wait', topic, had, 10000, 60)
    for rate in rates:
        had = int(watch('high', topic)[0])
        usage = Cpu(sql, name, program.pid)
        load(rate, seconds)
        watch('wait', topic, had, rate * seconds, 60)
        result = usage.end()
        _, median, most, longest = watch('latency', topic, had, rate * seconds, 60)
        result.update(rate=rate, seconds=seconds, p50_ms=float(median), p99_ms=float(most), max_ms=float(longest))
        results.append(result)
    program.stop()
    drop(sql, name)
    watch('delete', topic)
    return results


def idle(name, start, seconds):
    program = start()
    time.sleep(5)
    used = cpu(program.pid)
    time.sleep(seconds)
    result = {'rss_mb': memory(program.pid, 'VmRSS'), 'cpu_per_minute': (cpu(program.pid) - used) * 60 / seconds, 'seconds': seconds}
    program.stop()
    return result


def conditions(sql, transactions):
    with open('/proc/cpuinfo') as file:
        model = re.search(r'model name\s*: (.*)', file.read())
    return {'date': datetime.date.today().isoformat(), 'server': sql('SHOW server_version'), 'cores': os.cpu_count(),
            'cpu': model.group(1).strip() if model else platform.machine(), 'java': os.environ.get('JAVA_VERSION_TEXT', ''),
            'relay': subprocess.run([os.environ['RELAY'], '--version'], stdout=subprocess.PIPE, text=True).stdout.strip(),
            'kafka': os.environ.get('KAFKA_VERSION', ''), 'debezium': '3.6.1.Final', 'events': transactions * EVENTS}


def run(options):
    sql = Psql()
    transactions = 2000 if options.quick else 20000
    rounds = 1 if options.quick else 3
    rates, seconds, quiet = ((1000, 5000), 5, 5) if options.quick else ((1000, 5000), 15, 20)
    wanted = options.only.split(',')
    connectors = {name: properties for name, properties in (('tuned', TUNED), ('default', [])) if name in wanted}
    results = {'conditions': conditions(sql, transactions), 'quick': options.quick, 'backlog': {}, 'latency': {}, 'idle': {}}
    table, stream, numbers = workload(transactions)

    script(table + '\nCREATE SEQUENCE ids START 1000000000;\nCREATE TABLE warm (slot text, n int);', numbers)
    if {'relay', 'null', 'tuned', 'default'} & set(wanted):
        for i, (name, properties) in enumerate(connectors.items()):
            say(f'first start of Debezium, {name}')
            warm_up(sql, name, properties)
            sql(f"INSERT INTO warm VALUES ('{name}', {len(connectors) - 1 - i})")
        ours = [f'{kind}{i}' for kind in ('relay', 'null') if kind in wanted for i in range(rounds)]
        for name in ours:
            sql(f"SELECT pg_create_logical_replication_slot('{name}', 'cdc_json')")
            sql(f"INSERT INTO warm VALUES ('{name}', 0)")
        say(f'writing {transactions * EVENTS} events')
        script(stream, numbers)
        sql('CHECKPOINT')
    for i in range(rounds):
        if 'null' in wanted:
            say('the relay alone')
            results['backlog'].setdefault('null', []).append(backlog_null(sql, f'null{i}', transactions))
            say(results['backlog']['null'][-1])
        if 'relay' in wanted:
            say('the relay')
            results['backlog'].setdefault('relay', []).append(
                backlog_kafka(sql, f'relay{i}', lambda: Relay(f'relay{i}', 'kafka', '--option', 'table.include.list=public\\.w1'), transactions))
            say(results['backlog']['relay'][-1])
    for name, properties in connectors.items():
        say(f'Debezium, {name}')
        results['backlog'][name] = [backlog_kafka(sql, name, lambda: Debezium(name, properties), transactions)]
        say(results['backlog'][name][-1])
    if 'idle' in wanted:
        say('idle')
        sql("SELECT pg_create_logical_replication_slot('idle', 'cdc_json')")
        results['idle']['relay'] = idle('idle', lambda: Relay('idle', 'kafka'), quiet)
        drop(sql, 'idle')
    if 'latency' in wanted:
        say('latency of the relay')
        sql("SELECT pg_create_logical_replication_slot('lag', 'cdc_json')")
        results['latency']['relay'] = latency(sql, 'lag', lambda: Relay('lag', 'kafka'), rates, seconds)
        say(results['latency']['relay'])
        for name, properties in (('default', []), ('fastest', FASTEST)):
            if not connectors:
                break
            say(f'latency of Debezium, {name}')
            results['latency'][name] = latency(sql, f'lag_{name}', lambda: Debezium(f'lag_{name}', properties), rates, seconds)
            say(results['latency'][name])
    with open(options.results, 'w') as file:
        json.dump(results, file, indent=1)
        file.write('\n')


NAMES = {'relay': '**cdc_json_relay**', 'null': '**cdc_json_relay**, without a broker', 'tuned': 'Debezium, tuned', 'default': 'Debezium, its defaults',
         'fastest': 'Debezium, polling every millisecond'}


def middle(runs, name):
    return statistics.median(one[name] for one in runs)


def tables(results):
    lines = []
    if results['backlog']:
        lines += [f"| Backlog of {results['conditions']['events']:,} events | events/s | events/s, second half | program, µs CPU an event | walsender | broker | peak memory, MB |",
                  '|---|--:|--:|--:|--:|--:|--:|']
    for name, runs in results['backlog'].items():
        micro = [f"{middle(runs, kind) * 1e6 / runs[0]['events']:.2f}" for kind in ('program_cpu', 'walsender_cpu', 'broker_cpu')]
        steady = f"{middle(runs, 'steady_events_per_s'):,.0f}" if 'steady_events_per_s' in runs[0] else ''
        broker = micro[2] if name != 'null' else ''
        lines.append(f"| {NAMES[name]} | {middle(runs, 'events_per_s'):,.0f} | {steady} | {micro[0]} | {micro[1]} | {broker} | {middle(runs, 'rss_mb'):.0f} |")
    if results['latency']:
        lines += ['', '| From commit to the broker, ms | rate/s | median | 99 % | max | program, % of a core | memory, MB |', '|---|--:|--:|--:|--:|--:|--:|']
    for name, runs in results['latency'].items():
        for one in runs:
            lines.append(f"| {NAMES[name]} | {one['rate']:,} | {one['p50_ms']:.1f} | {one['p99_ms']:.1f} | {one['max_ms']:.0f} | "
                         f"{one['program_cpu'] * 100 / one['seconds']:.1f} | {one['rss_mb']:.0f} |")
    return lines


def ratios(results):
    """What the targets are about."""
    backlog, lines = results['backlog'], []
    for name in ('tuned', 'default'):
        if name in backlog and 'relay' in backlog:
            rate = middle(backlog['relay'], 'steady_events_per_s') / middle(backlog[name], 'steady_events_per_s')
            used = middle(backlog[name], 'program_cpu') / max(middle(backlog['relay'], 'program_cpu'), 0.01)
            lines.append(f'Against {NAMES[name]}: {rate:.1f} times the events a second (second halves), 1/{used:.0f} of the CPU.')
    if 'relay' in results['idle']:
        idle_run = results['idle']['relay']
        lines.append(f"Idle, the relay has {idle_run['rss_mb']:.1f} MB and uses {idle_run['cpu_per_minute']:.2f} s of CPU a minute.")
    return lines


def under(results):
    c = results['conditions']
    return (f"{c['date']}, PostgreSQL {c['server']}, Kafka {c['kafka']}, Debezium {c['debezium']} on Java {c['java']} (1 GB of heap), {c['relay']}; server, broker and "
            f"program share {c['cores']} cores of {c['cpu']}; JSON without schemas, one partition, no compression; `make bench-relay`.")


def render(results):
    return '\n'.join(tables(results)) + '\n\n' + ' '.join(ratios(results)) + '\n\n' + under(results) + '\n'


def main():
    if sys.argv[1] == 'run':
        parser = argparse.ArgumentParser()
        parser.add_argument('results')
        parser.add_argument('--quick', action='store_true')
        parser.add_argument('--only', default='relay,null,tuned,default,latency,idle')
        run(parser.parse_args(sys.argv[2:]))
        return
    with open(sys.argv[2]) as file:
        results = json.load(file)
    if sys.argv[1] == 'report':
        noise = [f"{NAMES[name]}: {', '.join('%.1f' % one['other_cpu'] for one in runs)}" for name, runs in results['backlog'].items()]
        with open(sys.argv[3], 'w') as out:
            out.write('# The relay and Debezium\n\n' + render(results) + '\nSeconds of CPU that other programs used meanwhile, by run (noise): ' + '; '.join(noise) + '.\n')
    else:
        begin, end = '<!-- benchmark of the relay: make bench-relay -->\n', '<!-- end of benchmark of the relay -->'
        with open(sys.argv[3]) as file:
            before, rest = file.read().split(begin)
        with open(sys.argv[4], 'w') as out:
            out.write(before + begin + render(results) + end + rest.split(end)[1])


main()
