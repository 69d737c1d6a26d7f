#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Report where two drivers differ, from what compare-l1.sh has said in the L1.

usage: compare.py LIST DIRECTORY, with DIRECTORY/SCHEDULER-DRIVER.BOOT.log
"""
import glob
import os
import re
import sys

SCHEDULERS = ("core", "integrated")
DRIVERS = ("ours", "kernel")
STATUSES = {"0": "pass", "137": "TIMEOUT", "stuck": "STUCK"}
TAP = re.compile(r"(ok|not ok) \d+ (?:- )?(.*)")


class Run:
    """What happened with one scheduler and driver, over all its boots."""

    def __init__(self):
        self.results = {}
        self.notes = {}
        self.boots = 0

    def note(self, test, text):
        self.notes.setdefault(test, []).append(text)

    def begin(self, name):
        """A program begins, maybe once more: what it did before does not count."""
        for kept in (self.results, self.notes):
            for test in [test for test in kept if test.split(":")[0] == name]:
                del kept[test]

    def end(self, name, result, output):
        """A program has ended: it is a test, and so is each of its TAP lines."""
        self.results[name] = result
        for match in filter(None, map(TAP.fullmatch, output)):
            good, text = match.groups()
            skipped = "# SKIP" in text
            test = f"{name}: {text.split('# SKIP')[0].strip()}"
            self.results[test] = "skip" if skipped else "pass" if good == "ok" else "FAIL"
        if result != "pass":
            for line in [line for line in output if line and not line.startswith("ok ")][-10:]:
                self.note(name, line)

    def read(self, path):
        """One boot."""
        self.boots += 1
        name, output = None, []
        with open(path, errors="replace", encoding="utf-8") as log:
            for line in log.read().splitlines():
                word, _, rest = line.partition(" ")
                if word == "@begin":
                    name, output = rest, []
                    self.begin(name)
                elif word == "@end" and name:
                    status = rest.split()[-1]
                    self.end(name, STATUSES.get(status, f"status {status}"), output)
                    name = None
                elif word in ("@load", "@unload"):
                    self.results[word[1:]] = "pass" if rest == "0" else "FAIL"
                elif word == "@log":
                    test, _, text = rest.partition(" ")
                    self.results[f"{test}: the kernel does not complain"] = "FAIL"
                    self.note(test, text)
                elif word == "@held":
                    self.results[f"{rest}: lets go of the module"] = "FAIL"
                elif word == "@boot" and name:
                    self.end(name, "HANG" if rest == "124" else "CRASH", output)
                else:
                    output.append(line)


def load(directory, scheduler, driver):
    run = Run()
    logs = glob.glob(os.path.join(directory, f"{scheduler}-{driver}.*.log"))
    for path in sorted(logs, key=lambda path: int(path.split(".")[-2])):
        run.read(path)
    return run


def result_of(run, test):
    """How a test went; - if it was not reached.  Who did not complain was content."""
    good = test.endswith(("does not complain", "lets go of the module"))
    ran = test.split(":")[0] in run.results
    return run.results.get(test, "pass" if good and ran else "-")


def order(programs, test):
    name = test.split(":")[0]
    return programs.index(name) if name in programs else -1


def report(programs, directory):
    """Print a table for each scheduler, then what is behind the differences."""
    nr_tests, differences = 0, []
    for scheduler in SCHEDULERS:
        runs = [load(directory, scheduler, driver) for driver in DRIVERS]
        tests = sorted({test for run in runs for test in run.results},
                       key=lambda test: order(programs, test))
        print(f"== {scheduler} scheduler: boots needed: "
              f"{runs[0].boots} with our driver, {runs[1].boots} with the kernel's")
        print(f"  {'ours':10} {'kernel':10} test")
        for test in tests:
            ours, kernel = (result_of(run, test) for run in runs)
            differ = ours != kernel and "-" not in (ours, kernel)
            nr_tests += 1
            if differ:
                differences.append((scheduler, test, ours, kernel, runs))
            print(f"{'*' if differ else ' '} {ours:10} {kernel:10} {test}")
        print()
    print("== Differences")
    seen = set()
    for scheduler, test, ours, kernel, runs in differences:
        print(f"{scheduler}: {test}: ours {ours}, kernel's {kernel}")
        name = test.split(":")[0]
        for driver, run in zip(DRIVERS, runs):
            if (scheduler, driver, name) not in seen:
                seen.add((scheduler, driver, name))
                for line in run.notes.get(name, []):
                    print(f"    {driver}: {line}")
    print(f"\ncompare: {nr_tests} tests, {len(differences)} differ")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as listed:
        programs = [line.split()[0] for line in listed if not line.startswith("#")]
    report(programs, sys.argv[2])


main()
