#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the checkers over the whole project. Each of them is one test.
#
# usage: lint.sh [CHECKER]...
#
#   checkpatch, checkpatch-tools, kernel-doc
#	the kernel's own: --strict over driver, headers and documentation; the same for
#	the programs of user space; -Wall over driver and headers
#   gcc, sparse
#	W=1 and C=1 for each stock kernel, and with the KUnit suites
#   clang
#	W=1 with clang in a kernel tree, the KUnit suites too, and the analysis of which
#	lock is held where (CONFIG_WARN_CONTEXT_ANALYSIS)
#   arm64
#	gcc W=1 for arm64
#   htmldocs
#	the documentation of the driver, as a part of the kernel's
#   coccicheck
#	the kernel's semantic patches over the driver; takes minutes, so it runs only
#	when it is asked for
#   python, shellcheck, cppcheck
#	every script, those of the simulated machine too; hvsim and the selftests
#   spdx, size
#	a licence in every source file; none of the driver's above 450 lines (and which
#	files and functions are long)
#
# There is no clang-format: the kernel's own .clang-format re-wraps tables and
# initialisers that are aligned by hand, as it does in most of the kernel.
#
# What each checker said is in build/lint/CHECKER.log; a checker that can't be
# had is SKIPPED with the reason. The last line is "lint: N passed, N failed".
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"

lint=$build/lint
log=$lint/tools.log
in_rootfs=$top/tools/mshv/chroot.sh

# quietly COMMAND... - run in the root file system with output to the log
quietly()
{
	"$in_rootfs" nice "$@" >>"$log" 2>&1 </dev/null
}

# The kernel's own checkers, out of the source archive.
get_kernel_scripts()
{
	_tar=$build/src/linux-source-$(echo "$KVER" | cut -d. -f1,2).tar.xz
	[ -f "$_tar" ] || die "no kernel source: run 'make setup-source' first"
	_tag="$(basename "$_tar") $(stat -c %s "$_tar")"
	[ "$(cat "$lint/kernel.tag" 2>/dev/null)" != "$_tag" ] || return 0
	say "lint: the kernel's checkers (a few seconds)"
	_k=$(basename "$_tar" .tar.xz)
	rm -rf "$lint/kernel"
	mkdir -p "$lint/kernel"
	nice tar -xJf "$_tar" -C "$lint/kernel" --strip-components=1 \
		"$_k/scripts/checkpatch.pl" "$_k/scripts/spelling.txt" \
		"$_k/scripts/const_structs.checkpatch" "$_k/scripts/checker-valid.sh" \
		"$_k/tools/docs/kernel-doc" "$_k/tools/lib/python/__init__.py" \
		"$_k/tools/lib/python/kdoc"
	echo "$_tag" >"$lint/kernel.tag"
}

# The kernel itself, for what needs more than headers; without most devices.
get_kernel_tree()
{
	_tar=$build/src/linux-source-$(echo "$KVER" | cut -d. -f1,2).tar.xz
	_tag="$(basename "$_tar") $(stat -c %s "$_tar")"
	if [ "$(cat "$lint/linux.tag" 2>/dev/null)" != "$_tag" ]; then
		say "lint: a kernel tree (about 20 s)"
		rm -rf "$lint/linux" "$lint"/out-*
		mkdir -p "$lint/linux"
		nice tar -xJf "$_tar" -C "$lint/linux" --strip-components=1 \
			--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*.[ch]' \
			--exclude='*/drivers/media/*.[ch]' --exclude='*/sound/*.[ch]' \
			--exclude='*/tools/perf/*' --exclude='*/arch/[!ax]*/*.[chS]' \
			--exclude='*.dts' --exclude='*.dtsi' --exclude='*/Documentation/devicetree/*' \
			--exclude='*/testing/selftests/*' --exclude='*/translations/*'
		echo "$_tag" >"$lint/linux.tag"
	fi
	"$top/tools/mshv/laytree.sh" "$lint/linux"
}

# install COMMAND=PACKAGE... - what is not there yet
install()
{
	_packages=
	for _p; do
		[ -x "$rootfs/usr/bin/${_p%=*}" ] || _packages="$_packages ${_p#*=}"
	done
	[ -n "$_packages" ] || return 0
	say "lint: installing$_packages"
	# shellcheck disable=SC2086 # a list
	{ quietly apt-get update && quietly env DEBIAN_FRONTEND=noninteractive apt-get -y \
		--no-install-recommends install $_packages; } ||
		say "lint: $(tail -n 1 "$log") (see build/lint/tools.log)"
}

get_packages()
{
	install shellcheck=shellcheck cppcheck=cppcheck pyflakes3=pyflakes3
	# Each may be missing from a mirror; its checker is skipped then.
	install clang-22=clang-22 ld.lld-22=lld-22 llvm-nm-22=llvm-22
	install aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu
	# Semantic patches in Python need the library by its name without a version.
	install spatch=coccinelle python3-config=python3-dev
	install 'sphinx-build=python3-sphinx python3-yaml'
}

# The kernel wants a sparse that knows __typeof_unqual__, which 0.6.4 (trixie)
# does not. The one of testing runs here, too; it is unpacked, not installed.
get_sparse()
{
	[ ! -x "$lint/sparse/usr/bin/sparse" ] || return 0
	say "lint: sparse from Debian testing (about 10 s)"
	_apt=$lint/apt
	mkdir -p "$_apt/lists/partial" "$_apt/cache/archives/partial" "$lint/sparse"
	sed -n 's/^\(deb .*\) [a-z]* main$/\1 testing main/p' \
		"$rootfs/etc/apt/sources.list" | head -n 1 >"$_apt/sources.list"
	set -- apt-get -o Dir::State::Lists=/mshv/build/lint/apt/lists \
		-o Dir::Cache=/mshv/build/lint/apt/cache -o Dir::Etc::SourceParts=- \
		-o Acquire::Check-Valid-Until=false -o Acquire::Languages=none \
		-o Dir::Etc::SourceList=/mshv/build/lint/apt/sources.list
	{ quietly "$@" update &&
		quietly sh -c 'cd /mshv/build/lint/apt && "$@"' sh "$@" download sparse &&
		quietly sh -c 'dpkg-deb -x build/lint/apt/sparse_*.deb build/lint/sparse'; } ||
		say "lint: no sparse: $(tail -n 1 "$log") (see build/lint/tools.log)"
	rm -rf "$_apt"
}

# Debian's header packages lack the script by which kbuild tests its checker.
get_checker_valid()
{
	for _k in $KVERS; do
		_dir=$rootfs/usr/lib/linux-kbuild-${_k%-*}/scripts
		[ -x "$_dir/checker-valid.sh" ] ||
			cp "$lint/kernel/scripts/checker-valid.sh" "$_dir/checker-valid.sh"
	done
}

need_setup
mkdir -p "$lint"
# One at a time: the build directories are shared.
exec 9>"$lint/lock"
flock 9
: >"$log"
get_kernel_scripts
get_packages
get_sparse
get_checker_valid
get_kernel_tree
exec nice "$in_rootfs" env KVER="$KVER" KVERS="$KVERS" tools/mshv/lint-inner.sh "$@"
