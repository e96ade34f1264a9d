#!/usr/bin/env python3
"""cache.py memcached PORT KEY      prints an entry
cache.py rows PORT N             entries product:1 to product:N as lines "id, name"
cache.py latency PORT SECONDS    from commit to the end of the entry in Redis, at 1,000 updates a second
"""
import json
import re
import socket
import subprocess
import sys
import threading
import time

RATE = 1000


def memcached(port, key, cache={}):
    if "file" not in cache:
        cache["file"] = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
    file = cache["file"]
    file.write(b"get " + key.encode() + b"\r\n")
    file.flush()
    line = file.readline()
    if line == b"END\r\n":
        return None
    value = file.read(int(line.split()[3]) + 2)[:-2].decode()
    file.readline()
    return value


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (w.encode() for w in words))


def latency(port, seconds):
    """Redis tells when a key is deleted; psql tells when it has committed."""
    n = RATE * seconds
    redis = socket.create_connection(("127.0.0.1", port))
    file = redis.makefile("rb")
    redis.sendall(b"".join(command("SET", f"product:{i}", "cached") for i in range(1, n + 1)) + command("CONFIG", "SET", "notify-keyspace-events", "Egx"))
    for _ in range(n + 1):
        file.readline()
    # UNLINK is told as "del"
    redis.sendall(command("SUBSCRIBE", "__keyevent@0__:del"))
    redis.recv(1000)
    gone, committed = {}, {}

    def watch():
        rest = b""
        while len(gone) < n:
            rest += redis.recv(65536)
            now = time.time()
            for found in re.finditer(rb"product:(\d+)\r\n", rest):
                gone[int(found.group(1))] = now
            rest = rest[rest.rfind(b"\r\n") + 2:]

    psql = subprocess.Popen(["psql", "-XqAt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answers():
        for line in psql.stdout:
            committed[int(line)] = time.time()

    threads = [threading.Thread(target=watch, daemon=True), threading.Thread(target=answers, daemon=True)]
    for thread in threads:
        thread.start()
    start = time.time()
    for i in range(1, n + 1):
        time.sleep(max(0, start + i / RATE - time.time()))
        psql.stdin.write(f"UPDATE product SET price = price + 1 WHERE id = {i};\n\\echo {i}\n")
        psql.stdin.flush()
    psql.stdin.close()
    psql.wait()
    for thread in threads:
        thread.join(30)
    if len(gone) < n or len(committed) < n:
        sys.exit(f"{n} updates, {len(committed)} commits, {len(gone)} invalidations")
    times = sorted(1000 * (gone[i] - committed[i]) for i in committed)
    print(f"{n} updates: p50 {times[n // 2]:.1f} ms, p99 {times[n * 99 // 100]:.1f} ms, longest {times[-1]:.1f} ms")


what, port, argument = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if what == "memcached":
    print(memcached(port, argument))
elif what == "rows":
    for i in range(1, int(argument) + 1):
        value = memcached(port, f"product:{i}")
        if value is not None:
            row = json.loads(value)
            print(f"{row['id']}\t{row['name']}")
else:
    latency(port, int(argument))
