#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Apply the patches that series.py has written, one by one; check and build each.

usage: series_verify.py TREE OUT

Then link the kernel with the driver in it and as a module.  Two that can boot as an
L1VH are left in kernels/ beside TREE, for series-boot.sh.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

from series import DRIVER, NEXT, TOOLS, output, read, reset, set_identity, write

# checkpatch: MAINTAINERS names whole directories, so new files need no update.  For
# programs of user space, of which only C is looked at, see lint-inner.sh.
IGNORE = "FILE_PATH_CHANGES"
IGNORE_TOOLS = IGNORE + ",ARRAY_SIZE,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,CAMELCASE," \
    "AVOID_EXTERNS,VOLATILE,STATIC_CONST_CHAR_ARRAY,MACRO_ARG_REUSE," \
    "MACRO_WITH_FLOW_CONTROL,COMPLEX_MACRO,TRAILING_SEMICOLON,LONG_LINE_STRING"


def c_only(text):
    """A patch without what is not C; headers of assembly only look like it."""
    head, *diffs = re.split(r"^(?=diff --git )", text, flags=re.M)
    return head + "".join(d for d in diffs if re.match(r"diff --git \S*\.[ch] ", d)
                          and "/guests/" not in d.split("\n", 1)[0])


def checkpatch(tree, name):
    text = read(name)
    if "b/tools/testing/" in text:
        text, ignore = c_only(text), IGNORE_TOOLS
    elif f"-config {NEXT}\n" in text:
        # A new name for an option; its help, not in the patch, is not missing.
        ignore = IGNORE + ",CONFIG_DESCRIPTION"
    else:
        ignore = IGNORE
    r = subprocess.run(["perl", "scripts/checkpatch.pl", "--strict", "--terse", "--no-summary",
                        "--show-types", "--ignore", ignore, "-"], cwd=tree, text=True,
                       input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False)
    return r.stdout.strip()


def kmake(tree, out, *args):
    """Run make; its output, and whether it failed."""
    r = subprocess.run(["make", "-s", "-C", tree, f"O={out}", "ARCH=x86_64",
                        f"-j{os.cpu_count()}", *args], text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    return r.stdout, r.returncode


def allnoconfig(tree, out, wanted):
    """A configuration with these options and nothing else, unless it is there."""
    text = "\n".join(wanted) + "\n"
    key = text + "".join(read(f) for f in (f"{tree}/drivers/hv/Kconfig",
                                           f"{tree}/{DRIVER}/Kconfig") if os.path.exists(f))
    if os.path.exists(f"{out}/.config") and os.path.exists(f"{out}/key") \
            and read(out, "key") == key:
        return ""
    os.makedirs(out, exist_ok=True)
    write(text, out, "fragment")
    msg, bad = kmake(tree, out, f"KCONFIG_ALLCONFIG={out}/fragment", "allnoconfig")
    config = read(out, ".config").split("\n")
    missing = [line for line in wanted if line not in config]
    if bad or missing:
        return msg + "".join(f"not in the configuration: {m}\n" for m in missing)
    write(key, out, "key")
    return ""


def options(name):
    """The lines of one of our files of options."""
    return [line for line in read(TOOLS, name).split("\n") if line.startswith("CONFIG_")]


def configure(tree, out, value, base, tests=True):
    """The options of a file with the driver, by whatever name it has now."""
    name = "MSHV_ROOT" if NEXT not in read(tree, "drivers/hv/Makefile") else NEXT
    if not os.path.exists(f"{tree}/{DRIVER}/Kbuild"):
        name = "MSHV_ROOT"
    wanted = options(base) + [f"CONFIG_{name}={value}"]
    if tests and os.path.exists(f"{tree}/{DRIVER}/tests/Kbuild"):
        wanted += ["CONFIG_KUNIT=y", "CONFIG_MSHV_KUNIT_TEST=y"]
    return allnoconfig(tree, out, wanted)


def symbols(out):
    """What the driver's objects define, and what they want and don't define."""
    archive = f"{out}/{DRIVER}/built-in.a"
    if not os.path.exists(archive):
        return set(), set()
    lines = [line.split()[-2:] for line in output("nm", archive, cwd=out).split("\n")]
    lines = [line for line in lines if len(line) == 2]
    defined = {name for kind, name in lines if kind in "TDBRVW"}
    return defined, {name for kind, name in lines if kind == "U"} - defined


def ours(text):
    """What the compiler, kernel-doc and modpost said about our files."""
    return [line for line in text.split("\n") if re.search(r"(warning|error):", line, re.I)
            and re.search(r"hv/mshv/|hyperv/hvcall|linux/mshv_|mshv_root", line)]


def build(tree, out):
    msg = configure(tree, out, "y", "series.config")
    if msg:
        return msg
    text, bad = kmake(tree, out, "W=1", "drivers/hv/")
    return text if bad else "\n".join(ours(text))


def build_vtl(tree, out):
    """MSHV_VTL shares files with the driver that goes away."""
    msg = allnoconfig(tree, out, options("series.config") + [
        "CONFIG_HYPERV_VTL_MODE=y", "CONFIG_TRANSPARENT_HUGEPAGE=y", "CONFIG_MSHV_VTL=y"])
    if msg:
        return msg
    text, bad = kmake(tree, out, "drivers/hv/", "arch/x86/hyperv/")
    return text if bad else ""


def link(tree, out, value, *config):
    """Link the kernel with the driver in it, or as a module."""
    msg = configure(tree, out, value, *config)
    if msg:
        return msg
    text, bad = kmake(tree, out, "vmlinux", *(["modules"] if value == "m" else []))
    name = "mshv_root.ko" if value == "m" else "built-in.a"
    if not bad and not os.path.exists(f"{out}/{DRIVER}/{name}"):
        return f"no {DRIVER}/{name}"
    return text[-4000:] if bad else "\n".join(ours(text))


def kernel(tree, value):
    """Link a kernel that can boot as an L1VH, without tests, and keep it."""
    work = os.path.dirname(tree)
    out = f"{work}/out-boot"
    version = output("make", "-s", "kernelversion", cwd=tree)
    to = f"{work}/kernels/{version}-{'module' if value == 'm' else 'builtin'}"
    shutil.rmtree(to, ignore_errors=True)
    said = link(tree, out, value, "series-boot.config", False)
    if not said:
        os.makedirs(to)
        shutil.copy(f"{out}/vmlinux", to)
        if value == "m":
            shutil.copy(f"{out}/{DRIVER}/mshv_root.ko", to)
    return said


def programs(tree, name, out):
    """Build the programs of user space that a patch has to do with."""
    text = read(name)
    said = ""
    for part, *options in (
            ("selftests/mshv",),
            ("hvsim", *(() if os.path.exists(f"{tree}/tools/testing/hvsim/objects.c")
                        else ("WITHOUT_OBJECTS=1",)))):
        source = f"{tree}/tools/testing/{part}"
        if f"b/tools/testing/{part}/" not in text or not os.path.exists(f"{source}/Makefile"):
            continue
        to = f"{out}-{os.path.basename(part)}"
        shutil.rmtree(to, ignore_errors=True)
        for target in "all", "unittest":
            r = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "-C", source, f"O={to}",
                                *options, target], text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, check=False)
            said += r.stdout[-4000:] if r.returncode else ""
    return said


def verify(tree, out):
    failed = passed = 0
    wanted = {}
    builds = os.path.join(os.path.dirname(tree), "out")
    # No kernel of an earlier run may be taken for one of this.
    shutil.rmtree(os.path.join(os.path.dirname(tree), "kernels"), ignore_errors=True)

    def report(what, start, said):
        nonlocal failed, passed
        passed, failed = (passed, failed + 1) if said else (passed + 1, failed)
        took = f"{time.time() - start:.0f} s"
        print(f"{'not ok' if said else 'ok'} - {what} ({took})", flush=True)
        if said:
            print("    " + said.strip().replace("\n", "\n    "), flush=True)

    reset(tree)
    for name in sorted(glob.glob(f"{out}/*.patch"))[1:]:
        short = os.path.basename(name)[:-6]
        start = time.time()
        r = subprocess.run(["git", "-C", tree, "am", "-q", name], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if r.returncode:
            report(f"{short}: applies", start, r.stdout)
            break
        said = checkpatch(tree, name)
        said = said or build(tree, f"{builds}-each") or programs(tree, name, f"{builds}-tools")
        report(short, start, said)
        wanted[short] = symbols(f"{builds}-each")[1]
    else:
        start = time.time()
        end = symbols(f"{builds}-each")[0]
        report("no patch needs a later one", start,
               "\n".join(f"{k}: {' '.join(sorted(v & end))}" for k, v in wanted.items() if v & end))
        start = time.time()
        report("MSHV_VTL still builds", start, build_vtl(tree, f"{builds}-vtl"))
        for value, what in ("y", "linked into the kernel"), ("m", "linked as a module"):
            start = time.time()
            report(f"{what}, with its tests", start,
                   link(tree, f"{builds}-link", value, "series-link.config"))
        for value, what in ("y", "with the driver in it"), ("m", "with the driver as a module"):
            start = time.time()
            report(f"a kernel to boot, {what}", start, kernel(tree, value))
    print(f"series: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    set_identity()
    sys.exit(verify(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])))
