#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Copy QEMU with two errors in its emulation removed, for a helper with several CPUs.

usage: fixqemu.py QEMU OUT

Both were seen in QEMU 10.0 to 11.1, and neither shows without KVM in the emulated machine:

* Whenever a CPU loads the state of its FPU, cpu_clear_ignne() clears a bit in hflags2 of the
  *first* CPU, by a load and a store. That word also holds that CPU's global interrupt flag, and
  whether nested paging is on. If it changes one of these at the same time, the change is lost:
  the first CPU never takes an interrupt again and all stands still, or walks the host's
  page tables as if they were a guest's, on which its guest's state is overwritten by the
  host's. In the copy the function returns at once. (IGNNE# is for FPU errors of the PC/AT.)

* When VMRUN injects an interrupt into the guest, QEMU delivers it at once, but also leaves its
  vector in the CPU's exception_index. If another thread then asks the CPU to leave its loop, and
  nothing else happens in between, QEMU takes that for an exception still to be
  delivered: the guest gets the same interrupt again, whether or not it has interrupts enabled.
  An L1 that has just entered the handler from user mode, with the GS base still to be
  swapped, dies of that. In the copy helper_vmrun() does not store the vector: it
  has no other use there.

Where the code does not look as expected, it is left as it is, and a line says so.
"""
import os
import re
import shutil
import subprocess
import sys

DELIVER = "do_interrupt_x86_hardirq"
# How far before the call the store of its second argument may be, in instructions
WINDOW = 16
# The CPU's common state is in front of the architecture's: its offsets are negative.
STORE = re.compile(r"mov\s+%esi,-0x[0-9a-f]+\(%r\w+\)$")
# hflags2 &= ~HF2_IGNNE_MASK; of nothing else in the function
CLEAR = re.compile(r"andl\s+\$0xffffff7f,0x[0-9a-f]+\(%r\w+\)$")
NOP, RET = b"\x90", b"\xc3"


class Unexpected(Exception):
    """The binary is not as this script expects it."""


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def function_code(path, name):
    """Return a list of (address, length, text) of the function's instructions."""
    bounds = [line.split() for line in run("nm", "-D", "-S", path).splitlines()]
    bounds = [fields for fields in bounds if len(fields) == 4 and fields[3] == name]
    if not bounds:
        raise Unexpected(f"no symbol {name}")
    start = int(bounds[0][0], 16)
    stop = start + int(bounds[0][1], 16)
    found = []
    for line in run("objdump", "-d", "-w", f"--start-address={start}",
                    f"--stop-address={stop}", path).splitlines():
        fields = line.split("\t")
        if len(fields) == 3:
            found.append((int(fields[0].strip(" :"), 16), len(fields[1].split()),
                          fields[2].strip()))
    return found


def stale_vector(path):
    """Return the address of the store of the vector, and what to put there."""
    code = function_code(path, "helper_vmrun")
    calls = [i for i, (_, _, text) in enumerate(code) if f"<{DELIVER}" in text]
    if len(calls) != 1:
        raise Unexpected(f"{len(calls)} calls of {DELIVER}() in helper_vmrun(), not 1")
    before = code[max(0, calls[0] - WINDOW):calls[0]]
    stores = [(address, length) for address, length, text in before if STORE.match(text)]
    if len(stores) != 1:
        raise Unexpected(f"{len(stores)} stores of the vector before the call, not 1")
    return stores[0][0], NOP * stores[0][1]


def lost_update(path):
    """Return the address of cpu_clear_ignne(), and what to put there."""
    code = function_code(path, "cpu_clear_ignne")
    if len([text for _, _, text in code if CLEAR.match(text)]) != 1:
        raise Unexpected("cpu_clear_ignne() does not clear one bit")
    return code[0][0], RET


def file_offset(path, address):
    """Translate an address in .text to an offset in the file."""
    for line in run("objdump", "-h", "-w", path).splitlines():
        fields = line.split()
        if len(fields) > 5 and fields[1] == ".text":
            return address - int(fields[3], 16) + int(fields[5], 16)
    raise Unexpected("no .text section")


def main(source, target):
    new = target + ".tmp"
    shutil.copy(source, new)
    for error in (lost_update, stale_vector):
        try:
            address, code = error(source)
            with open(new, "r+b") as file:
                file.seek(file_offset(source, address))
                file.write(code)
        except Unexpected as err:
            print(f"fixqemu.py: {source}: {err}; left as it is", file=sys.stderr)
    os.replace(new, target)  # the old one may be running


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[2])
    main(*sys.argv[1:])
