#!/usr/bin/env python3
"""Reads every line of the given files as JSON, strictly.

usage: strict_json.py LIST, a file with one file name per line.  Refused are
what RFC 8259 and I-JSON refuse: invalid UTF-8, members twice in an object, NaN
and Infinity, anything after the value, and lines without a value.  One test
per file; the last line is "N passed, N failed, N skipped".
"""
import json
import sys


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice: " + ", ".join(name for name, _ in pairs))
    return members


def refuse(constant):
    raise ValueError("not JSON: " + constant)


def main():
    passed = failed = lines = 0
    with open(sys.argv[1], encoding="utf-8") as names:
        files = names.read().splitlines()
    for name in files:
        errors = 0
        with open(name, "rb") as stream:
            for number, line in enumerate(stream, 1):
                lines += 1
                try:
                    json.loads(line.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
                except (ValueError, RecursionError) as error:
                    errors += 1
                    if errors <= 3:
                        print("%s:%d: %s: %.200r" % (name, number, error, line))
        passed += errors == 0
        failed += errors > 0
    print("  %d lines in %d files" % (lines, len(files)))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
