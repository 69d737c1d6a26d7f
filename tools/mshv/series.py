#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn the driver into patches for a kernel tree.

usage: series.py make TREE OUT      write OUT/*.patch against the commit "base" of TREE
       series.py paths              what of a kernel tree the patches may touch

The patches are described in series.txt.  TREE is a kernel tree with a git
repository that has what 'paths' names; it is reset.  See also series_verify.py.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

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
    """The patterns of what is not sent, and the patches."""
    text = re.sub(r"^#.*\n", "", read(TOOLS, "series.txt"), flags=re.M)
    head, *patches = re.split(r"^patch: ", text, flags=re.M)
    return head.partition("not sent:")[2].split(), [Patch(p) for p in patches]


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


def claim(unsent, patches):
    """Tell each patch its files; each file has to have one, or to be unsent."""
    left = our_files()
    skipped = [f for f in left if any(matches(f, pat) for pat in unsent)]
    for pat in unsent:
        if not any(matches(f, pat) for f in skipped):
            sys.exit(f"series: no files that are not sent: {pat}")
    left = [f for f in left if f not in skipped]
    for p in patches:
        p.files = [f for f in left if any(matches(f, pat) for pat in p.patterns)]
        left = [f for f in left if f not in p.files]
        if not p.files and p.patterns:
            sys.exit(f"series: no files for: {p.subject}")
    if left:
        sys.exit("series: no patch has: " + " ".join(left))
    return skipped


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


def list_pages(tree):
    """The index of our documents has no page that is not there."""
    dirname = f"{tree}/{ROOTS[0]}"
    lines = read(dirname, "index.rst").split("\n")
    write("\n".join(line for line in lines if not re.fullmatch(r" {3}\w+", line)
                    or os.path.exists(f"{dirname}/{line.strip()}.rst")), dirname, "index.rst")


def wire_docs(tree):
    list_pages(tree)
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


def set_identity():
    """Who git takes for the author, and for the one who applies patches."""
    for part in ("NAME", "EMAIL"):
        for role in ("AUTHOR", "COMMITTER"):
            os.environ.setdefault(f"GIT_{role}_{part}", os.environ.get(f"SERIES_{part}", ""))


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


def diffstat(tree, *paths):
    """As git puts it: files, insertions, deletions."""
    return git(tree, "diff", "--shortstat", "base", "series", "--", *paths)


def totals(tree):
    """What a cover letter, or whoever is asked for a review, wants to know."""
    areas = {
        "all of it": ["."],
        "the driver": [f"{DRIVER}/*.[ch]", f":!{DRIVER}/tests", "include"],
        "its KUnit tests": [f"{DRIVER}/tests"],
        "the present driver": ["drivers/hv/*.[ch]", f":!{DRIVER}"],
        "documentation": ["Documentation"],
        "selftests": ["tools/testing/selftests"],
        "hvsim": ["tools/testing/hvsim"],
    }
    for name, paths in areas.items():
        print(f"series:   {name + ':':20}{diffstat(tree, *paths)}")


def cover(out, n):
    """Fill in the cover letter that git has written."""
    name = glob.glob(f"{out}/0000-*.patch")[0]
    text = read(name).replace("*** SUBJECT HERE ***",
                              "mshv: One driver for root and L1VH partitions")
    text = text.replace("*** BLURB HERE ***", read(TOOLS, "series-cover.txt").strip())
    write(text, name)
    print(f"series: {n} patches and a cover letter")


def make(tree, out):
    unsent, patches = parse_series()
    unsent = claim(unsent, patches)
    when = os.environ["SERIES_DATE"]
    reset(tree)
    for p in patches:
        apply(tree, p)
        commit(tree, p, when)
    # All there is now has to be what laytree.sh makes of the tree.
    run(f"{TOOLS}/laytree.sh", tree)
    for name in unsent:
        if os.path.exists(f"{tree}/{name}"):
            os.unlink(f"{tree}/{name}")
    list_pages(tree)
    differ = git(tree, "status", "--porcelain", "--", *PATHS[1:])
    if differ:
        sys.exit(f"series: the patches do not add up to what laytree.sh does:\n{differ}")
    for name in glob.glob(f"{out}/*.patch"):
        os.unlink(name)
    run("git", "-C", tree, "format-patch", "-q", "--cover-letter", "--no-signature", "-M",
        "-o", out, "base")
    cover(out, len(patches))
    totals(tree)


if __name__ == "__main__":
    set_identity()
    if sys.argv[1:] == ["paths"]:
        print("\n".join(PATHS))
    elif len(sys.argv) == 4 and sys.argv[1] == "make":
        make(sys.argv[2], os.path.abspath(sys.argv[3]))
    else:
        sys.exit(__doc__)
