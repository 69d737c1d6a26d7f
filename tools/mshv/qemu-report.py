#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tell what the boots of QEMU's guests cost, by the logs and traces of 'make check-qemu' or
'make compare'.

usage: qemu-report.py DIR

Reads DIR/boot-SCHEDULER-KERNEL.log or DIR/SCHEDULER-DRIVER.N.log, and the .trace beside each;
prints one table with a column for each boot.
"""

import collections
import glob
import json
import os
import re
import sys

USER_SPACE = re.compile(r"# qemu: \S+ with (\d+) vCPU\(s\): user space after ([0-9.]+) s")


class Boot:
    """What one partition did, from its creation to its end."""

    def __init__(self, run):
        self.run = run
        self.vcpus = self.seconds = "?"
        self.exits = collections.Counter()
        self.calls = collections.Counter()
        self.doorbells = 0

    def add(self, event):
        """Count an event of the trace."""
        if event["ev"] == "intercept":
            self.exits[event["name"]] += 1
        elif event["ev"] == "doorbell":
            self.doorbells += 1
        elif event["ev"] == "hypercall":
            self.calls[f"{event['code']} {event['name']}"] += 1


def times_of(log):
    """What the log says of each boot: (vCPUs, seconds), or None if it did not get far."""
    times = []
    begun = False
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = USER_SPACE.match(line)
            if line.startswith("@begin qemu-"):
                times.append(None)
                begun = True
            elif match and begun:
                times[-1] = match.groups()
            elif match:
                times.append(match.groups())
    return times


def boots_of(log, run):
    """The boots in one log, in the order in which they came: the last partitions of its L1."""
    times = times_of(log)
    if not times:
        return []
    partitions = {}
    with open(log[:-4] + ".trace", encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            partition = event.get("partition")
            if event.get("name") == "CREATE_PARTITION":
                partitions[partition] = Boot(run)
            if partition in partitions:
                partitions[partition].add(event)
    found = list(partitions.values())[-len(times):]
    for boot, said in zip(found, times):
        boot.vcpus, boot.seconds = said or ("?", "?")
    return found


def run_of(log):
    """What was run: the scheduler, and with 'make compare' the driver."""
    return os.path.basename(log).removeprefix("boot-").split(".")[0].removesuffix("-7")


def row(name, values):
    """Print one line of the table."""
    print(f"{name:<36}" + "".join(f"{v:>19}" for v in values))


def rows(title, counters):
    """Print a group of lines, the most frequent first."""
    total = sum(counters, collections.Counter())
    row(title, [sum(c.values()) for c in counters])
    for key, _ in total.most_common():
        row("  " + key, [c[key] for c in counters])


def main():
    boots = []
    for log in sorted(glob.glob(os.path.join(sys.argv[1], "*.log")), reverse=True):
        if os.path.exists(log[:-4] + ".trace"):
            boots += boots_of(log, run_of(log))
    if not boots:
        sys.exit("qemu-report.py: no boots there: run 'make check-qemu' first")
    row("scheduler (and driver)", [b.run for b in boots])
    row("vCPUs", [b.vcpus for b in boots])
    row("QEMU's start to user space (s)", [b.seconds for b in boots])
    rows("exits", [b.exits for b in boots])
    row("doorbells", [b.doorbells for b in boots])
    rows("hypercalls of the L1", [b.calls for b in boots])


if __name__ == "__main__":
    main()
