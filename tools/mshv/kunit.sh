#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Build a small x86-64 kernel with the driver and its KUnit suites built in,
# run it under QEMU through the kernel's own kunit.py.
#
# usage: kunit.sh [--patch FILE] [--log FILE] [FILTER_GLOB]
#        kunit.sh --tree-only
#
#   --patch FILE	change the driver by this patch first; it is undone in the end
#   --log FILE	copy the KTAP there, as build/kunit/test.log is that of the last run
#   --tree-only	get the kernel tree ready and lay the driver into it; the caller
#		has the lock build/kunit/lock
#
#   KTREE=FILE    kernel source to use: linux-source-*.tar.xz, or Debian's
#                 linux-source-* package (default: what set-up fetched)
#   TIMEOUT=SEC   bound for the whole run (default 1800)
#
# Everything is kept below build/kunit/: a second run builds what changed.
# The last line is "kunit: N passed, N failed"; KTAP is in build/kunit/test.log.
set -eu

self=$0
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$top/build/kunit

die()
{
	echo "$self: $*" >&2
	exit 1
}

# Print the kernel source archive to use.
source_archive()
{
	for f in "${KTREE:-}" "$top"/build/src/linux-source-7.2.tar.xz \
		"$top"/build/rootfs/dl/linux-source-7.2_*.deb; do
		[ -f "$f" ] || continue
		echo "$f"
		return
	done
	die "no kernel source: run 'make setup', or give KTREE="
}

# Write the tar.xz inside archive $1 to standard output.
archive_tar()
{
	case $1 in
	*.deb)	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards '*/linux-source-*.tar.xz' ;;
	*)	cat "$1" ;;
	esac
}

# Unpack once, without what this configuration can never build (2/3 of it).
unpack()
{
	archive=$(source_archive)
	tag="$(basename "$archive") $(stat -c %s "$archive") with net"
	[ "$(cat "$work/linux.tag" 2>/dev/null)" != "$tag" ] || return 0
	echo "kunit: unpacking $(basename "$archive")"
	rm -rf "$work/linux" "$work/linux.tag"
	mkdir -p "$work/linux"
	archive_tar "$archive" | tar -xJ -C "$work/linux" --strip-components=1 \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/sound/*.[ch]' \
		--exclude='*/Documentation/[!K]*' --exclude='*/tools/perf/*' \
		--exclude='*/arch/[!x]*/*.[chS]' --exclude='*.dts*' \
		--exclude='*/testing/selftests/*'
	[ -f "$work/linux/Makefile" ] || die "no kernel source in $archive"
	echo "$tag" >"$work/linux.tag"
}

usage="usage: $self [--patch FILE] [--log FILE] [FILTER_GLOB] | --tree-only"
patch=
log=
while [ $# -gt 0 ]; do
	case $1 in
	--tree-only)
		unpack
		exec "$top/tools/mshv/laytree.sh" "$work/linux" ;;
	--patch) patch=${2:?$usage} ;;
	--log) log=${2:?$usage} ;;
	*) break ;;
	esac
	shift 2
done
[ $# -le 1 ] || { echo "$usage" >&2; exit 2; }
mkdir -p "$work"
# One at a time: the trees are shared.
exec 9>"$work/lock"
flock 9
unpack
"$top/tools/mshv/laytree.sh" "$work/linux"
[ -z "$patch" ] || patch -s -p1 --no-backup-if-mismatch -d "$work/linux" <"$patch" ||
	die "$patch does not apply"

rm -f "$work/test.log"
status=0
timeout -k 10 "${TIMEOUT:-1800}" nice "$top/tools/mshv/chroot.sh" \
	/mshv/tools/mshv/kunit-inner.sh "$@" || status=$?
# Before somebody else gets the lock
[ -z "$log" ] || ! [ -f "$work/test.log" ] || cp "$work/test.log" "$log"
[ -z "$patch" ] || "$top/tools/mshv/laytree.sh" "$work/linux"
exit "$status"
