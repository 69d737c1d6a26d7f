#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Copy QEMU with an error in its emulation of AMD's SVM removed.

usage: fixqemu.py QEMU OUT

When VMRUN injects an interrupt into the guest, QEMU (seen in 10.0 and 11.1) delivers it at
once, but also leaves its vector in the CPU's exception_index. If another thread then asks
the CPU to leave its loop, and nothing else happens in between, QEMU takes that for an
exception still to be delivered: the guest gets the same interrupt again, whether or not it
has interrupts enabled. An L1 that has just entered the handler from user mode, with the GS
base still to be swapped, dies of that.

This makes a copy in which helper_vmrun() does not store the vector: it has no other use
there. If the code does not look as expected, the copy is QEMU as it is, and a line says so.
"""
import re
import shutil
import subprocess
import sys

FUNCTION = "helper_vmrun"
DELIVER = "do_interrupt_x86_hardirq"
# How far before the call the store of its second argument may be, in instructions
WINDOW = 16
# The CPU's common state is in front of the architecture's: its offsets are negative.
STORE = re.compile(r"mov\s+%esi,-0x[0-9a-f]+\(%r\w+\)$")


class Unexpected(Exception):
    """The binary is not as this script expects it."""


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def function_bounds(path):
    """Return the first address of the function, and the one behind its last."""
    for line in run("nm", "-D", "-S", path).splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[3] == FUNCTION:
            start = int(fields[0], 16)
            return start, start + int(fields[1], 16)
    raise Unexpected(f"no symbol {FUNCTION}")


def instructions(path, start, stop):
    """Return a list of (address, length, text)."""
    found = []
    for line in run("objdump", "-d", "-w", f"--start-address={start}",
                    f"--stop-address={stop}", path).splitlines():
        fields = line.split("\t")
        if len(fields) == 3:
            found.append((int(fields[0].strip(" :"), 16), len(fields[1].split()),
                          fields[2].strip()))
    return found


def find_store(code):
    """Return address and length of the instruction to remove."""
    calls = [i for i, (_, _, text) in enumerate(code) if f"<{DELIVER}" in text]
    if len(calls) != 1:
        raise Unexpected(f"{len(calls)} calls of {DELIVER}() in {FUNCTION}(), not 1")
    before = code[max(0, calls[0] - WINDOW):calls[0]]
    stores = [(address, length) for address, length, text in before if STORE.match(text)]
    if len(stores) != 1:
        raise Unexpected(f"{len(stores)} stores of the vector before the call, not 1")
    return stores[0]


def file_offset(path, address):
    """Translate an address in .text to an offset in the file."""
    for line in run("objdump", "-h", "-w", path).splitlines():
        fields = line.split()
        if len(fields) > 5 and fields[1] == ".text":
            return address - int(fields[3], 16) + int(fields[5], 16)
    raise Unexpected("no .text section")


def main(source, target):
    shutil.copy(source, target)
    try:
        address, length = find_store(instructions(source, *function_bounds(source)))
        with open(target, "r+b") as file:
            file.seek(file_offset(source, address))
            file.write(b"\x90" * length)
    except Unexpected as err:
        print(f"fixqemu.py: {source}: {err}; used as it is", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[2])
    main(*sys.argv[1:])
