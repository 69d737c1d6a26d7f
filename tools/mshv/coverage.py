#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print which lines and branches of the driver were reached.

usage: coverage.py DIRECTORY TREE

DIRECTORY has the build directory out/ and, for each RUN, the counters in RUN.log;
TREE is the kernel's source. All runs are of the same kernel, so that counters can be
added. What was not reached is written to DIRECTORY/missed.txt, with the reason that
coverage.why knows.
"""
import base64
import glob
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile

DRIVER = "drivers/hv/mshv"
GOAL_LINES = 90
GOAL_BRANCHES = 80
RUNS = ("kunit", "integrated", "core", "guest", "refused")
WHY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "coverage.why")
FUNCTIONS = {}      # source: {function: (first line, last line)}


def archive(log):
    """The archive that is in a log, or None."""
    data = None
    with open(log, encoding="ascii", errors="replace") as f:
        for line in map(str.strip, f):
            if line == "@gcov":
                data = []
            elif line == "@end" and data is not None:
                return base64.b64decode("".join(data))
            elif data is not None:
                data.append(line)
    return None


def unpack(data, out):
    """Put the counters next to what the compiler left; those of other runs go."""
    for old in glob.glob(f"{out}/*.gcda"):
        os.unlink(old)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = os.path.basename(member.name)
            # Those of the tests have no notes in this directory.
            if member.isfile() and os.path.exists(f"{out}/{name[:-5]}.gcno"):
                with open(f"{out}/{name}", "wb") as f:
                    f.write(tar.extractfile(member).read())


def measure(out, run):
    """{source: (lines, branches)}; line: count, (line, nth): count."""
    result = {}
    stale = []
    with tempfile.TemporaryDirectory() as tmp:
        for gcda in sorted(glob.glob(f"{out}/*.gcda")):
            done = subprocess.run(["gcov", "-b", "-c", "-j", gcda], cwd=tmp, check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if done.returncode or b"mismatch" in done.stderr:
                stale.append(os.path.basename(gcda)[:-5] + ".c")
            for name in glob.glob(f"{tmp}/*.gcov.json.gz"):
                with gzip.open(name) as f:
                    add_report(result, json.load(f))
                os.unlink(name)
    if stale:
        print(f"coverage: {run}: not counted, of an older build: {' '.join(stale)}")
    return result


def add_report(result, report):
    for source in report["files"]:
        name = source["file"]
        if f"{DRIVER}/" not in name or not name.endswith(".c"):
            continue
        name = os.path.basename(name)
        FUNCTIONS.setdefault(name, {}).update(
            {f["name"]: (f["start_line"], f["end_line"]) for f in source["functions"]})
        lines, branches = result.setdefault(name, ({}, {}))
        seen = {}
        for line in source["lines"]:
            n = line["line_number"]
            lines[n] = lines.get(n, 0) + line["count"]
            # A line may be there more than once: inlined, or of several blocks.
            for branch in line["branches"]:
                i = seen[n] = seen.get(n, -1) + 1
                branches[n, i] = branches.get((n, i), 0) + branch["count"]


def add(total, result):
    for source, counts in result.items():
        for mine, theirs in zip(total.setdefault(source, ({}, {})), counts):
            for key, count in theirs.items():
                mine[key] = mine.get(key, 0) + count


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


def reached(counts):
    return sum(map(bool, counts.values()))


def load_reasons():
    """[(source, function, text, reason)]"""
    reasons = []
    with open(WHY, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                where, reason = line.rstrip().split(": ", 1)
                where, _, text = where.partition(" | ")
                reasons.append((*where.split(), text, reason))
    return reasons


def function_at(source, n):
    for name, (first, last) in FUNCTIONS.get(source, {}).items():
        if first <= n <= last:
            return name
    return "?"


def missed_of(source, counts, text, reasons):
    """[(line number, lines, branches, function, text, reason)] of one file"""
    lines, branches = counts
    missed = {n: [1, 0] for n, c in lines.items() if not c}
    for (n, _), count in branches.items():
        if not count:
            missed.setdefault(n, [0, 0])[1] += 1
    for n, (nr_lines, nr_branches) in sorted(missed.items()):
        function = function_at(source, n)
        reason = next((why for a_source, a_function, some, why in reasons
                       if a_source in (source, "*") and a_function in (function, "*")
                       and some in text[n - 1]), None)
        yield n, nr_lines, nr_branches, function, text[n - 1].strip(), reason


def write_missed(total, tree, name):
    """Write what was missed; print the reasons that are known."""
    reasons = load_reasons()
    groups = {}
    with open(name, "w", encoding="utf-8") as f:
        for source, counts in sorted(total.items()):
            with open(f"{tree}/{DRIVER}/{source}", encoding="utf-8") as s:
                text = s.read().split("\n")
            for n, nr_lines, nr_branches, function, line, reason in missed_of(
                    source, counts, text, reasons):
                what = "line" if nr_lines else f"{nr_branches} branch(es)"
                print(f"{source}:{n}: {function}: {what}: {line}"
                      f"{'  [' + reason + ']' if reason else ''}", file=f)
                group = groups.setdefault(reason, [0, 0, set()])
                group[0] += nr_lines
                group[1] += nr_branches
                group[2].add(source)
    print("not reached: lines, branches, why, where")
    for reason, (nr_lines, nr_branches, sources) in sorted(
            groups.items(), key=lambda g: (g[0] is None, -g[1][1])):
        where = ", ".join(sorted(sources)) if reason else f"{len(sources)} files"
        print(f"  {nr_lines:4} {nr_branches:4}  {reason or 'no case does that'} ({where})")


def row(name, kunit, total, gaps=""):
    """Lines and branches: with KUnit alone, with all, and how many there are."""
    cells = ""
    for some, every in zip(kunit, total):
        part, whole = reached(some), len(every)
        all_part = reached(every)
        cells += (f" {part:5} {percent(part, whole):3.0f}% {all_part:5} "
                  f"{percent(all_part, whole):3.0f}% of {whole:<5}")
    print(f"{name:20}{cells} {gaps[:60]}".rstrip())


def flat(result):
    """All files as if they were one."""
    return [{(source, key): count for source, counts in result.items()
             for key, count in counts[i].items()} for i in (0, 1)]


def report(results, tree, missed):
    """Print the table; the counters of all runs are added."""
    total = {}
    for result in results.values():
        add(total, result)
    kunit = results.get("kunit", {})
    print(f"{'':20} {'lines: KUnit':>12} {'all':>11} {'branches: KUnit':>24} {'all':>8}"
          f"           lines not reached")
    for source, counts in sorted(total.items()):
        row(source, kunit.get(source, ({}, {})), counts,
            ranges(n for n, c in counts[0].items() if not c))
    row("total", flat(kunit), flat(total))
    write_missed(total, tree, missed)
    return total


def main(directory, tree):
    out = f"{directory}/out/{DRIVER}"
    results = {}
    for run in RUNS:
        log = f"{directory}/{run}.log"
        data = archive(log) if os.path.exists(log) else None
        if data:
            unpack(data, out)
            results[run] = measure(out, run)
        else:
            print(f"coverage: no counters of run {run}")
    if not results:
        sys.exit("coverage: no counters of the driver")
    total = report(results, tree, f"{directory}/missed.txt")
    compiled = {os.path.basename(o)[:-5] for o in glob.glob(f"{out}/*.gcno")}
    for name in sorted(compiled - {s[:-2] for s in total}):
        print(f"{name + '.c':20} no counters: nothing of it is executable")
    lines, branches = flat(total)
    print("coverage: what was not reached is in build/coverage/missed.txt")
    print(f"coverage: {percent(reached(lines), len(lines)):.1f} % of lines (goal {GOAL_LINES} %), "
          f"{percent(reached(branches), len(branches)):.1f} % of branches (goal {GOAL_BRANCHES} %)")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
