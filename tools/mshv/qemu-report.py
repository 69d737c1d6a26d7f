#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tell what the boots of QEMU's guests cost, by the logs and traces of 'make check-qemu'.

usage: qemu-report.py DIR

Reads DIR/boot-SCHEDULER-KERNEL.log and .trace; prints one table with a column for each boot.
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

    def __init__(self, scheduler):
        self.scheduler = scheduler
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


def boots_of(log, scheduler):
    """The boots in one scenario, in the order in which they came."""
    boots = {}
    with open(log[:-4] + ".trace", encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            partition = event.get("partition")
            if partition in boots:
                boots[partition].add(event)
            elif event.get("name") == "CREATE_PARTITION":
                boots[partition] = Boot(scheduler)
                boots[partition].add(event)
    found = list(boots.values())
    with open(log, encoding="utf-8", errors="replace") as file:
        said = [m for m in map(USER_SPACE.match, file) if m]
    for boot, match in zip(found, said):
        boot.vcpus, boot.seconds = match.groups()
    return found


def row(name, values):
    """Print one line of the table."""
    print(f"{name:<36}" + "".join(f"{v:>14}" for v in values))


def rows(title, counters):
    """Print a group of lines, the most frequent first."""
    total = sum(counters, collections.Counter())
    row(title, [sum(c.values()) for c in counters])
    for key, _ in total.most_common():
        row("  " + key, [c[key] for c in counters])


def main():
    boots = []
    for log in sorted(glob.glob(os.path.join(sys.argv[1], "boot-*.log")), reverse=True):
        boots += boots_of(log, os.path.basename(log).split("-")[1])
    if not boots:
        sys.exit("qemu-report.py: no boots there: run 'make check-qemu' first")
    row("scheduler", [b.scheduler for b in boots])
    row("vCPUs", [b.vcpus for b in boots])
    row("QEMU's start to user space (s)", [b.seconds for b in boots])
    rows("exits", [b.exits for b in boots])
    row("doorbells", [b.doorbells for b in boots])
    rows("hypercalls of the L1", [b.calls for b in boots])


if __name__ == "__main__":
    main()
