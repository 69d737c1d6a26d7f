#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn the driver into patches for a kernel tree.

usage: series.py make TREE OUT      write OUT/*.patch against the commit "base" of TREE
       series.py verify TREE OUT    apply them one by one; build and check each
       series.py paths              what of a kernel tree the patches may touch

The patches are described in series.txt.  TREE is a kernel tree with a git
repository that has what 'paths' names; it is reset.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

TOOLS = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(TOOLS))
DRIVER = "drivers/hv/mshv"
ROOTS = ["Documentation/virt/hyperv/mshv", DRIVER, "include/hyperv", "include/uapi/linux",
         "tools/testing/hvsim", "tools/testing/selftests/mshv"]
PATHS = ["LICENSES", "MAINTAINERS", "Documentation/virt/hyperv", "drivers/hv", "include/hyperv",
         "include/uapi/linux/mshv.h"]
NEXT = "MSHV_ROOT_NEXT"     # what it is called until it replaces the present driver
NEXT_HELP = """\thelp
\t  A new driver for the root partition of the Microsoft hypervisor, and for
\t  L1VH partitions. It takes the place of the present one, MSHV_ROOT, when
\t  it is complete; until then it is for those who work on it, and there is
\t  one or the other.

\t  If unsure, say N.
"""
# Files that change from patch to patch
GROWING = {f"{DRIVER}/Kbuild", f"{DRIVER}/Kconfig", f"{DRIVER}/tests/Kbuild"}
# checkpatch: MAINTAINERS names whole directories, so new files need no update.  For
# programs of user space, of which only C is looked at, see lint-inner.sh.
IGNORE = "FILE_PATH_CHANGES"
IGNORE_TOOLS = IGNORE + ",ARRAY_SIZE,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,CAMELCASE," \
    "AVOID_EXTERNS,VOLATILE,STATIC_CONST_CHAR_ARRAY,MACRO_ARG_REUSE," \
    "MACRO_WITH_FLOW_CONTROL,COMPLEX_MACRO,TRAILING_SEMICOLON,LONG_LINE_STRING"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def write(text, *path):
    with open(os.path.join(*path), "w", encoding="utf-8") as f:
        f.write(text)


def run(*cmd, cwd=None, **kwargs):
    return subprocess.run(cmd, cwd=cwd, check=True, text=True, **kwargs)


def output(*cmd, cwd=None):
    return run(*cmd, cwd=cwd, stdout=subprocess.PIPE).stdout.strip()


class Patch:
    """One patch of series.txt."""
    def __init__(self, text):
        subject, text = text.split("\n", 1)
        self.subject = subject.strip()
        body, rest = text.split("\nfiles:", 1)
        self.body = body.strip()
        files, _, wire = rest.partition("\nwire:")
        self.patterns = files.split()
        self.wire = wire.split()


def parse_series():
    text = re.sub(r"^#.*\n", "", read(TOOLS, "series.txt"), flags=re.M)
    return [Patch(p) for p in re.split(r"^patch: ", text, flags=re.M)[1:]]


def our_files():
    """What there is to send."""
    return sorted(os.path.relpath(os.path.join(d, f), TOP)
                  for r in ROOTS for d, _, files in os.walk(f"{TOP}/{r}") for f in files)


def matches(name, pattern):
    """As the shell has it: * stays in a directory, ** does not."""
    parts = re.split(r"(\*\*|\*|\[[^]]*\])", pattern)
    special = {"**": ".*", "*": "[^/]*"}
    return re.fullmatch("".join(special.get(p) or (p if p.startswith("[") else re.escape(p))
                                for p in parts), name)


def claim(patches):
    """Tell each patch its files; each file has to have a patch."""
    left = our_files()
    for p in patches:
        p.files = [f for f in left if any(matches(f, pat) for pat in p.patterns)]
        left = [f for f in left if f not in p.files]
        if not p.files and p.patterns:
            sys.exit(f"series: no files for: {p.subject}")
    if left:
        sys.exit("series: no patch has: " + " ".join(left))


# Files that grow

def kbuild(text, tree):
    """Only the objects whose sources are there."""
    out = []
    if not os.path.exists(f"{tree}/{DRIVER}/tests/Kbuild"):
        text = re.sub(r"\n# The tests are part.*?\nendif\n", "", text, flags=re.S)
    for line in text.split("\n"):
        m = re.match(r"(\S+ [:+]= )(.*\.o.*)", line)
        if m and not line.startswith("obj-"):
            objs = [o for o in m[2].split()
                    if os.path.exists(f"{tree}/{DRIVER}/{o[:-2]}.c") or o == "mshv_root.o"]
            if not objs:
                continue
            line = m[1] + " ".join(objs)
        out.append(line)
    return "\n".join(out)


def kconfig(text, tree):
    if not os.path.exists(f"{tree}/{DRIVER}/tests/Kbuild"):
        text = re.sub(r"\nconfig MSHV_KUNIT_TEST.*", "", text, flags=re.S)
    return text


def as_next(text):
    """As long as the present driver is there."""
    text = text.replace("MSHV_ROOT", NEXT)
    text = re.sub(r"tristate \"(.*)\"", r'bool "\1 (new driver)"', text)
    text = text.replace("\tdepends on HYPERV ", "\tdepends on !MSHV_ROOT\n\tdepends on HYPERV ")
    return re.sub(r"\thelp\n.*?(?=\nconfig |\Z)", NEXT_HELP, text, count=1, flags=re.S)


def grow(tree):
    """Bring those of GROWING that are there up to date with what is there."""
    replaced = NEXT not in read(tree, "drivers/hv/Makefile")
    for name in GROWING:
        if not os.path.exists(f"{tree}/{name}"):
            continue
        text = read(TOP, name)
        text = kconfig(text, tree) if name.endswith("Kconfig") else kbuild(text, tree)
        write(text if replaced else as_next(text), tree, name)


# Changes to files of the tree

def replace(tree, name, pattern, by):
    old = read(tree, name)
    new = re.sub(pattern, by, old, count=1, flags=re.M | re.S)
    if new == old:
        sys.exit(f"series: nothing to change in {name}")
    write(new, tree, name)


def wire_docs(tree):
    replace(tree, "Documentation/virt/hyperv/index.rst", r"\n*\Z", "\n   mshv/index\n")


def wire_maintainers(tree):
    entry = read(TOP, "MAINTAINERS").split("\n\n")[-1].rstrip("\n")
    entry = "\n".join(line for line in entry.split("\n") if "tools/mshv" not in line)
    name = entry.split("\n", 1)[0]
    text = read(tree, "MAINTAINERS")
    start = text.index("\n3C59X ")
    entries = text[start + 1:].rstrip("\n").split("\n\n")
    at = next(i for i, e in enumerate(entries) if e.split("\n", 1)[0].upper() > name.upper())
    entries.insert(at, entry)
    write(text[:start + 1] + "\n\n".join(entries) + "\n", tree, "MAINTAINERS")


def wire_grow(tree):
    replace(tree, "drivers/hv/Makefile", r"(obj-\$\(CONFIG_MSHV_ROOT\)[^\n]*\n)",
            rf"\1obj-$(CONFIG_{NEXT})\t+= mshv/\n")
    replace(tree, "drivers/hv/Kconfig", r"(^config MSHV_ROOT\n.*?)(^config )",
            r'\1source "drivers/hv/mshv/Kconfig"\n\n\2')


def wire_replace(tree):
    run(f"{TOOLS}/laytree.sh", "--wire", tree)


def wire_kunit(tree):
    """Kconfig and Kbuild find out by themselves."""


def git(tree, *args):
    return output("git", "-C", tree, *args)


def commit(tree, patch, when):
    # -f: a distribution's source may ignore everything.
    git(tree, "add", "-A", "-f", "--", *PATHS, *patch.files)
    env = dict(os.environ, GIT_AUTHOR_DATE=when, GIT_COMMITTER_DATE=when)
    run("git", "-C", tree, "commit", "-q", "-s", "-F", "-", env=env,
        input=f"{patch.subject}\n\n{patch.body}\n")


def apply(tree, patch):
    for name in patch.files:
        os.makedirs(os.path.dirname(f"{tree}/{name}"), exist_ok=True)
        shutil.copy(f"{TOP}/{name}", f"{tree}/{name}")
    for name in patch.wire:
        globals()[f"wire_{name}"](tree)
    grow(tree)


def reset(tree):
    git(tree, "checkout", "-q", "-f", "-B", "series", "base")
    for r in ROOTS[:2] + ROOTS[4:]:
        shutil.rmtree(f"{tree}/{r}", ignore_errors=True)


def cover(out, n):
    """Fill in the cover letter that git has written."""
    name = glob.glob(f"{out}/0000-*.patch")[0]
    text = read(name).replace("*** SUBJECT HERE ***",
                              "mshv: One driver for root and L1VH partitions")
    text = text.replace("*** BLURB HERE ***", read(TOOLS, "series-cover.txt").strip())
    write(text, name)
    print(f"series: {n} patches and a cover letter")


def make(tree, out):
    patches = parse_series()
    claim(patches)
    when = os.environ["SERIES_DATE"]
    reset(tree)
    for p in patches:
        apply(tree, p)
        commit(tree, p, when)
    # All there is now has to be what laytree.sh makes of the tree.
    run(f"{TOOLS}/laytree.sh", tree)
    differ = git(tree, "status", "--porcelain", "--", *PATHS[1:])
    if differ:
        sys.exit(f"series: the patches do not add up to what laytree.sh does:\n{differ}")
    for name in glob.glob(f"{out}/*.patch"):
        os.unlink(name)
    run("git", "-C", tree, "format-patch", "-q", "--cover-letter", "--no-signature", "-M",
        "-o", out, "base")
    cover(out, len(patches))


# Verifying

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


def configure(tree, out, value, base):
    """Configuration file base with the driver, by whatever name it has now."""
    name = "MSHV_ROOT" if NEXT not in read(tree, "drivers/hv/Makefile") else NEXT
    if not os.path.exists(f"{tree}/{DRIVER}/Kbuild"):
        name = "MSHV_ROOT"
    wanted = [f"CONFIG_{name}={value}"]
    if os.path.exists(f"{tree}/{DRIVER}/tests/Kbuild"):
        wanted += ["CONFIG_KUNIT=y", "CONFIG_MSHV_KUNIT_TEST=y"]
    text = read(TOOLS, base) + "\n".join(wanted) + "\n"
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
    """What a compiler said about our files."""
    return [line for line in text.split("\n")
            if re.search(r"(warning|error):", line) and re.search(r"mshv/|hyperv/hvcall", line)]


def build(tree, out):
    msg = configure(tree, out, "y", "series.config")
    if msg:
        return msg
    text, bad = kmake(tree, out, "W=1", "drivers/hv/")
    return text if bad else "\n".join(ours(text))


def link(tree, out, value):
    """Link the kernel with the driver in it, or as a module."""
    msg = configure(tree, out, value, "series-link.config")
    if msg:
        return msg
    text, bad = kmake(tree, out, "vmlinux", *(["modules"] if value == "m" else []))
    name = "mshv_root.ko" if value == "m" else "built-in.a"
    if not bad and not os.path.exists(f"{out}/{DRIVER}/{name}"):
        return f"no {DRIVER}/{name}"
    return text[-4000:] if bad else "\n".join(ours(text))


def verify(tree, out):
    failed = passed = 0
    wanted = {}
    builds = os.path.join(os.path.dirname(tree), "out")

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
        said = said or build(tree, f"{builds}-each")
        report(short, start, said)
        wanted[short] = symbols(f"{builds}-each")[1]
    else:
        start = time.time()
        end = symbols(f"{builds}-each")[0]
        report("no patch needs a later one", start,
               "\n".join(f"{k}: {' '.join(sorted(v & end))}" for k, v in wanted.items() if v & end))
        start = time.time()
        report("linked into the kernel", start, link(tree, f"{builds}-link", "y"))
        start = time.time()
        report("linked as a module", start, link(tree, f"{builds}-link", "m"))
    print(f"series: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    for part in ("NAME", "EMAIL"):
        for role in ("AUTHOR", "COMMITTER"):
            os.environ.setdefault(f"GIT_{role}_{part}", os.environ.get(f"SERIES_{part}", ""))
    if sys.argv[1:] == ["paths"]:
        print("\n".join(PATHS))
    elif len(sys.argv) == 4 and sys.argv[1] == "make":
        make(sys.argv[2], os.path.abspath(sys.argv[3]))
    elif len(sys.argv) == 4 and sys.argv[1] == "verify":
        sys.exit(verify(os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])))
    else:
        sys.exit(__doc__)
