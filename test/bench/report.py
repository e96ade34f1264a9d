#!/usr/bin/env python3
"""Turns results of bench.py into tables and a plot.

    report.py RESULTS.json TABLES.md PLOT.svg
    report.py --readme RESULTS.json README.md NEW-README.md
"""

import json
import re
import sys
from html import escape

TITLES = {
    'W1': '200 changes a transaction',
    'W2': 'pgbench',
    'W3': 'one transaction: uuid, jsonb, numeric',
    'W4': 'wide rows, text with escapes',
    'W5': 'identity FULL, 13 columns',
    'W6': 'one change a transaction',
    'W7': '1,000 tables',
    'W8': 'jsonb of 4 kB, text of 2 kB',
}

OURS = ('value', 'value batched', 'record batched', 'schemas batched')
HEADINGS = {'null': 'nothing', 'pgoutput': '`pgoutput`', 'pgoutput binary': '`pgoutput` binary', 'wal2json': '`wal2json`',
            'wal2json schema': '`wal2json` with types', 'test_decoding': '`test_decoding`', 'decoderbufs': '`decoderbufs`',
            'value': '**value**', 'value batched': '**value**, batches', 'record batched': '**record**, batches',
            'schemas batched': '**schemas**, batches'}
COLOURS = {'null': '#b8bec6', 'value': '#1f6f8b', 'value batched': '#1f6f8b', 'record batched': '#1f6f8b', 'schemas batched': '#1f6f8b'}
OTHER = '#d08a4e'

# variant, against, net of the plugin that writes nothing, limit, workloads
TARGETS = (
    ('value', 'pgoutput', True, 0.92, ('W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7')),
    ('value batched', 'pgoutput', True, 0.65, ('W1', 'W2', 'W3', 'W4', 'W5', 'W7')),
    ('record batched', 'pgoutput', True, 0.65, ('W1', 'W2', 'W3', 'W4', 'W5', 'W7')),
    ('value', 'pgoutput', False, 1.1, ('W8',)),
    ('value batched', 'pgoutput', False, 1.1, ('W8',)),
    ('schemas batched', 'pgoutput', False, 1.6, ('W1',)),
    ('value', 'wal2json', False, 0.60, ('W1', 'W2', 'W5')),
    ('value batched', 'wal2json', False, 0.50, ('W1', 'W2', 'W5')),
    ('record batched', 'wal2json', False, 0.50, ('W1', 'W2', 'W5')),
    ('schemas batched', 'wal2json schema', False, 0.5, ('W1',)),
)


def table(heads, rows):
    lines = ['| ' + ' | '.join(heads) + ' |', '|---|' + '--:|' * (len(heads) - 1)]
    return '\n'.join(lines + ['| ' + ' | '.join(row) + ' |' for row in rows]) + '\n'


def all_variants(results):
    seen = {}
    for result in results['workloads'].values():
        seen.update(dict.fromkeys(result['variants']))
    return [variant for variant in HEADINGS if variant in seen]


def per_change(result, variant, key='server'):
    """Microseconds a change; None when the plugin failed."""
    values = result['variants'].get(variant)
    return values[key] * 1e6 / result['changes'] if values else None


def ratio(result, variant, against, net):
    values = result['variants']
    if variant not in values or against not in values:
        return None
    less = values['null']['server'] if net else 0
    return (values[variant]['server'] - less) / (values[against]['server'] - less)


def number(value, digits=2):
    return '–' if value is None else f'{value:.{digits}f}'


def overview(results):
    """Walsender CPU by workload and plugin: the table that README.md shows."""
    variants = all_variants(results)
    rows = []
    for name, result in results['workloads'].items():
        rows.append([f'{name}: {TITLES[name]}'] + [number(per_change(result, variant)) for variant in variants])
    return table(['µs of walsender CPU a change'] + [HEADINGS[variant] for variant in variants], rows)


def targets(results):
    rows = []
    for variant, against, net, limit, names in TARGETS:
        cells = []
        for name in results['workloads']:
            value = ratio(results['workloads'][name], variant, against, net) if name in names else None
            cells.append('' if name not in names else number(value) + ('' if value is None or value <= limit else ' ✗'))
        rows.append([f"{HEADINGS[variant]} to {HEADINGS[against]}, {'net' if net else 'gross'}, at most {limit}"] + cells)
    return table(['Ratio of walsender CPU'] + list(results['workloads']), rows)


def details(results):
    parts = []
    for name, result in results['workloads'].items():
        rows = []
        for variant in all_variants(results):
            values = result['variants'].get(variant)
            if not values:
                rows.append([HEADINGS[variant], result['notes'].get(variant, 'not installed')] + ['–'] * 8)
                continue
            rows.append([HEADINGS[variant], number(values['server'], 3), number(values['client'], 3), number(values['wall'], 3),
                         number(values['bytes'] / 1e6, 1), f"{result['changes'] / values['wall']:,.0f}",
                         number(values['bytes'] / 1e6 / values['wall'], 0), number(values['memory'] / 1024, 1),
                         number(ratio(result, variant, 'null', False)), number(ratio(result, variant, 'pgoutput', True))])
        numbers = ', '.join(f'{value:,} {key}' for key, value in result['numbers'].items())
        parts.append(f'### {name}: {TITLES[name]}\n\n{numbers}; {result["changes"]:,} changes.\n\n' + table(
            ['Plugin', 'walsender s', 'client s', 'wall s', 'MB', 'changes/s', 'MB/s', 'memory MB', 'gross, to nothing', 'net, to `pgoutput`'], rows))
    return '\n'.join(parts)


def conditions(results):
    return (f"{results['date']}, PostgreSQL {results['version']}, {results['machine']}; `make bench`, medians of {results['runs']} interleaved runs, "
            f"{results['scale']} % of the full sizes; `fsync`, `synchronous_commit`, `autovacuum` and `jit` off, Unix socket.")


def plot(results):
    """Bars by workload: grey is decoding itself, which every plugin has."""
    variants = [variant for variant in all_variants(results) if variant != 'null']
    bar, gap, columns, width, label = 13, 4, 2, 480, 130
    panel = len(variants) * (bar + gap) + 44
    names = list(results['workloads'])
    lines = []
    for i, name in enumerate(names):
        result = results['workloads'][name]
        x, y = i % columns * width, i // columns * panel + 30
        costs = {variant: per_change(result, variant) for variant in variants}
        longest = max(cost for cost in costs.values() if cost)
        scale = (width - label - 70) / longest
        base = per_change(result, 'null')
        lines.append(f'<text x="{x + 10}" y="{y + 16}" class="title">{name}: {escape(TITLES[name])}</text>')
        for j, variant in enumerate(variants):
            top = y + 26 + j * (bar + gap)
            plain = re.sub(r'[*`]', '', HEADINGS[variant])
            lines.append(f'<text x="{x + label - 6}" y="{top + 10}" class="name{" ours" if variant in OURS else ""}">{escape(plain)}</text>')
            if costs[variant] is None:
                lines.append(f'<text x="{x + label}" y="{top + 10}">not measured</text>')
                continue
            lines.append(f'<rect x="{x + label}" y="{top}" width="{costs[variant] * scale:.1f}" height="{bar}" fill="{COLOURS.get(variant, OTHER)}"/>')
            lines.append(f'<rect x="{x + label}" y="{top}" width="{min(base, costs[variant]) * scale:.1f}" height="{bar}" fill="{COLOURS["null"]}"/>')
            lines.append(f'<text x="{x + label + costs[variant] * scale + 5:.1f}" y="{top + 10}">{costs[variant]:.2f}</text>')
    height = (len(names) + columns - 1) // columns * panel + 40
    style = 'text{font:11px sans-serif;fill:#333}.title{font-weight:bold;font-size:12px}.name{text-anchor:end}.ours{font-weight:bold;fill:#1f6f8b}'
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * width} {height}" width="{columns * width}" height="{height}">\n'
            f'<style>{style}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n'
            '<text x="10" y="18">Walsender CPU, microseconds a change; grey is decoding itself, the rest what the plugin adds; bold is cdc_json</text>\n')
    return head + '\n'.join(lines) + '\n</svg>\n'


def readme(results, text):
    begin, end = '<!-- benchmark: make bench -->\n', '<!-- end of benchmark -->'
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f'{before}{begin}{overview(results)}\n{conditions(results)}\n{end}{after}'


def main():
    if sys.argv[1] == '--readme':
        _, _, source, old, new = sys.argv
        with open(source) as file, open(old) as text, open(new, 'w') as out:
            out.write(readme(json.load(file), text.read()))
        return
    _, source, tables, svg = sys.argv
    with open(source) as file:
        results = json.load(file)
    with open(tables, 'w') as out:
        out.write(f'# Results\n\n{conditions(results)}\n\n## Overview\n\n{overview(results)}\n## Targets\n\n{targets(results)}\n## Details\n\n{details(results)}')
    with open(svg, 'w') as out:
        out.write(plot(results))


if __name__ == '__main__':
    main()
