#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tell what happened in one run of the demo, from the L1's console and hvsim's trace.

usage: account.py CONSOLE TRACE integrated|core

Ends with status 1 and a list if anything that the demo has to show is missing.
"""

import collections
import json
import re
import sys

LOGIC = {"integrated": "root scheduler logic", "core": "core scheduler logic"}


def lines_of(console, tag):
    """The console's lines with the given tag, without it."""
    return [l[len(tag) + 2:] for l in console if l.startswith(tag + ": ")]


def first(lines, pattern):
    """The first match of a pattern among lines, or None."""
    for line in lines:
        match = re.search(pattern, line)
        if match:
            return match
    return None


class Account:
    """Print facts; remember the ones that are missing."""

    def __init__(self):
        self.missing = []

    def fact(self, name, value):
        if not value:
            self.missing.append(name)
            value = "MISSING"
        print(f"  {name:<22}: {value}")

    def table(self, name, counts):
        if not counts:
            self.missing.append(name)
        print(f"  {name}:")
        for key, count in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])):
            print(f"      {count:>7}  {key}")


def main():
    console_path, trace_path, want = sys.argv[1:]
    with open(console_path, encoding="utf-8", errors="replace") as file:
        console = [l.rstrip("\r\n") for l in file]
    with open(trace_path, encoding="utf-8") as file:
        events = [json.loads(l) for l in file if l.strip()]

    account = Account()
    driver = lines_of(console, "demo-driver")
    vmm = lines_of(console, "demo-vmm")
    start = next((e for e in events if e["ev"] == "start"), {})

    kernel = first(lines_of(console, "demo-kernel"), r"(.*)")
    version = first(driver, r"Microsoft hypervisor ([0-9][0-9.]*)")
    kind = first(driver, r"mshv: (\S+) partition, (.+?): running vCPUs with (.+? logic) \((.*)\)")
    caps = first(driver, r"VMM capabilities (0x[0-9a-f]+:.*)")
    prop = first(driver, r"property (\d+)\)")

    account.fact("hypervisor", version and f"Microsoft Hv {version[1]}, simulated by hvsim "
                 f"({start.get('cpus', '?')} VPs, --scheduler={start.get('scheduler', '?')})")
    account.fact("kernel", kernel and kernel[1])
    account.fact("partition type", kind and kind[1])
    account.fact("VMM capabilities", caps and caps[1])
    account.fact("property 0x00020005", prop and
                 f"{prop[1]} (integrated scheduler {'enabled' if prop[1] != '0' else 'disabled'})")
    account.fact("scheduler", kind and f"{kind[2]}: {kind[3]}")
    account.fact("why", kind and kind[4])

    print("  guests' output:")
    said = [l for l in vmm if re.match(r"guest \d+: ", l)]
    for line in said:
        print(f"      {line}")
    if len({l.split(":")[0] for l in said}) < 2:
        account.missing.append("output of two guests")

    limit = lines_of(console, "demo-limit")
    share = first(limit, r"share: ([0-9.]+)")
    ticks = first(limit, r"guest-time: ([0-9]+)")
    account.fact("guest limited to 25 %", share and ticks and
                 f"did {share[1]} % of a free guest's work; "
                 f"{int(ticks[1]) / 100:.1f} s accounted as guest time")

    exits = collections.Counter(e["name"] for e in events if e["ev"] == "intercept")
    account.table("exits by reason", exits)
    calls = collections.Counter(f"{e['code']} {e['name']}" for e in events if e["ev"] == "hypercall")
    account.table("hypercalls by code", calls)

    if kind and kind[3] != LOGIC[want]:
        account.missing.append(f"{LOGIC[want]} (the driver chose {kind[3]})")
    dispatched = any(e["ev"] == "hypercall" and e["name"] == "DISPATCH_VP" for e in events)
    if dispatched != (want == "integrated"):
        account.missing.append("DISPATCH_VP used if and only if the root scheduler logic runs")
    if not first(lines_of(console, "demo-end"), "unloaded"):
        account.missing.append("orderly unload of the module")
    end = events[-1] if events else {}
    left = {k: v for k, v in end.items() if v and k in
            ("partitions", "vps", "deposited_pages", "mapped_pages", "overlay_pages")}
    if end.get("ev") != "exit" or left:
        account.missing.append(f"a clean end (left in the hypervisor: {left or 'unknown'})")
    else:
        print("  left in the hypervisor: nothing (no partition, VP, deposited or mapped page)")

    for what in account.missing:
        print(f"account.py: missing: {what}", file=sys.stderr)
    return 1 if account.missing else 0


if __name__ == "__main__":
    sys.exit(main())
