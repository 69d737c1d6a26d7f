#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print which lines and branches of the driver were reached.

usage: coverage.py COUNTERS OUT TREE MISSED

COUNTERS is what the initramfs of coverage.sh printed, OUT the build directory,
TREE the kernel's source; the lines that were not reached are written to MISSED.
"""
import base64
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile

DRIVER = "drivers/hv/mshv"
GOAL_LINES = 90
GOAL_BRANCHES = 80


def unpack(counters, out):
    """Put the counters next to what the compiler left; those of old runs go."""
    for old in glob.glob(f"{out}/{DRIVER}/*.gcda"):
        os.unlink(old)
    name, data = None, []
    with open(counters, encoding="ascii") as f:
        for line in map(str.strip, f):
            if line.startswith("file "):
                name, data = line[5:], []
            elif line == "end":
                if f"/{DRIVER}/" in name and "/tests/" not in name:
                    with open(f"{out}/{DRIVER}/{os.path.basename(name)}", "wb") as o:
                        o.write(base64.b64decode("".join(data)))
            else:
                data.append(line)


def measure(out):
    """{source: (lines, branches)}; line: count, (line, nth): count."""
    files = sorted(glob.glob(f"{out}/{DRIVER}/*.gcda"))
    result = {}
    with tempfile.TemporaryDirectory() as tmp:
        for gcda in files:
            subprocess.run(["gcov", "-b", "-c", "-j", gcda], cwd=tmp, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for name in glob.glob(f"{tmp}/*.gcov.json.gz"):
                with gzip.open(name) as f:
                    add(result, json.load(f))
                os.unlink(name)
    return result


def add(result, report):
    for source in report["files"]:
        name = source["file"]
        if f"{DRIVER}/" not in name or not name.endswith(".c"):
            continue
        lines, branches = result.setdefault(os.path.basename(name), ({}, {}))
        for line in source["lines"]:
            n = line["line_number"]
            lines[n] = lines.get(n, 0) + line["count"]
            for i, branch in enumerate(line["branches"]):
                branches[n, i] = branches.get((n, i), 0) + branch["count"]


def ranges(numbers):
    """1, 2, 3, 7 as 1-3 7."""
    out = []
    for n in sorted(numbers):
        if out and n == out[-1][1] + 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return " ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in out)


def percent(part, whole):
    return 100 * part / whole if whole else 100


def write_missed(result, tree, name):
    with open(name, "w", encoding="utf-8") as f:
        for source, (lines, branches) in sorted(result.items()):
            with open(f"{tree}/{DRIVER}/{source}", encoding="utf-8") as s:
                text = s.read().split("\n")
            half = {n for (n, _), c in branches.items() if not c and lines.get(n)}
            for n in sorted({n for n, c in lines.items() if not c} | half):
                what = "branch" if n in half else "line"
                print(f"{source}:{n}: {what}: {text[n - 1].strip()}", file=f)


def main(counters, out, tree, missed):
    unpack(counters, out)
    result = measure(out)
    if not result:
        sys.exit("coverage: no counters of the driver")
    # Files of which nothing ran have no counters, but count.
    total = [0, 0, 0, 0]
    print(f"{'file':24} {'lines':>14} {'branches':>16}  lines not reached")
    for source, (lines, branches) in sorted(result.items()):
        row = [sum(map(bool, lines.values())), len(lines),
               sum(map(bool, branches.values())), len(branches)]
        total = [a + b for a, b in zip(total, row)]
        gaps = ranges(n for n, c in lines.items() if not c)
        print(f"{source:24} {row[0]:4}/{row[1]:<4} {percent(*row[:2]):3.0f}% "
              f"{row[2]:5}/{row[3]:<4} {percent(*row[2:]):3.0f}%  {gaps[:70]}")
    compiled = {os.path.basename(o)[:-5] for o in glob.glob(f"{out}/{DRIVER}/*.gcno")}
    for name in sorted(compiled - {s[:-2] for s in result}):
        print(f"{name + '.c':24} no counters: nothing of it is executable")
    write_missed(result, tree, missed)
    lines, branches = percent(*total[:2]), percent(*total[2:])
    print(f"{'total':24} {total[0]:4}/{total[1]:<4} {lines:3.0f}% "
          f"{total[2]:5}/{total[3]:<4} {branches:3.0f}%")
    print("coverage: what was not reached is in build/coverage/missed.txt")
    print(f"coverage: {lines:.1f} % of lines (goal {GOAL_LINES} %), "
          f"{branches:.1f} % of branches (goal {GOAL_BRANCHES} %)")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
