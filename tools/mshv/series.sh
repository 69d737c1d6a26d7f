#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make patches for a kernel tree out of what is committed here.
#
# usage: series.sh [--verify] [KTREE]
#
#   KTREE		a kernel's git repository (its HEAD), its unpacked source, or an
#		archive linux-source-*.tar.xz (default: those that set-up fetched)
#   --verify	also apply the patches one by one: each must pass checkpatch
#		--strict and build without a warning, with what is there so far; in
#		the end link the kernel with the driver in it and as a module (which
#		series-boot.sh boots)
#
# The patches are in build/series/KTREE/patches/, from the author of the last commit
# here unless SERIES_NAME and SERIES_EMAIL say otherwise. See series.txt.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"

verify=
if [ "${1:-}" = --verify ]; then
	verify=1
	shift
fi
[ $# -le 1 ] || { echo "usage: $0 [--verify] [KTREE]" >&2; exit 2; }
need_setup
in_rootfs=$top/tools/mshv/chroot.sh

# What is not needed to build an x86-64 kernel without devices
skip='*/drivers/gpu/*.[ch] */drivers/net/*/*.[ch] */drivers/media/*.[ch] */sound/*.[ch]
	*/tools/perf/* */arch/[!x]*/*.[chS] *.dts *.dtsi */Documentation/devicetree/*
	*/Documentation/[a-uw-z]*/* */Documentation/translations/* */testing/selftests/*/*'

# The tree as a tar archive, with one directory around it
tar_of()
{
	if [ -f "$1" ]; then
		xz -dc "$1"
	elif [ -e "$1/.git" ]; then
		git -C "$1" archive --prefix=linux/ HEAD
	else
		tar -C "$1" -c --exclude=./.git --transform='s,^\.,linux,' .
	fi
}

# A name for the tree that changes when it does, or when more of it is needed
tag_of()
{
	echo "without $skip"
	if [ -f "$1" ]; then
		echo "$(basename "$1") $(stat -c %s "$1")"
	elif [ -e "$1/.git" ]; then
		echo "$1 $(git -C "$1" rev-parse HEAD)"
	else
		echo "$1 $(cksum <"$1/MAINTAINERS") $(cksum <"$1/drivers/hv/Kconfig")"
	fi
}

# Unpack tree $1 in directory $2, and put into git what patches may touch.
get_tree()
{
	[ "$(cat "$2/tag" 2>/dev/null)" != "$(tag_of "$1")" ] || return 0
	say "series: unpacking $1"
	rm -rf "$2/linux" "$2/tag" "$2"/out-* "$2/kernels"
	mkdir -p "$2/linux"
	set -f
	# shellcheck disable=SC2046,SC2086 # lists
	tar_of "$1" | tar -x -C "$2/linux" --strip-components=1 $(printf -- '--exclude=%s ' $skip)
	set +f
	[ -f "$2/linux/drivers/hv/hv_common.c" ] || die "$1 is not a kernel's source"
	rm -rf "$2/linux/.git"
	# shellcheck disable=SC2046
	(
		cd "$2/linux"
		git init -q -b base
		git add -f -- $("$top/tools/mshv/series.py" paths)
		git -c user.name=base -c user.email=base commit -q -m "$(basename "$1")"
	)
	tag_of "$1" >"$2/tag"
}

# What checkpatch wants for licences
get_packages()
{
	"$in_rootfs" python3 -c 'import git, ply' 2>/dev/null && return 0
	say 'series: python3-ply and python3-git (a few seconds)'
	{ "$in_rootfs" apt-get update && "$in_rootfs" env DEBIAN_FRONTEND=noninteractive \
		apt-get -y --no-install-recommends install python3-ply python3-git; } \
		>"$build/log/series.log" 2>&1 ||
		die "python3-ply and python3-git can't be installed, see build/log/series.log"
}

# What is committed here; uncommitted changes may be half of something.
snapshot()
{
	rm -rf "$1"
	mkdir -p "$1"
	git -C "$top" archive HEAD | tar -x -C "$1"
}

# tool NAME ARGS... - a program of the snapshot, on the tree and its patches
tool()
{
	_name=$1
	shift
	"$in_rootfs" nice env SERIES_NAME="$author" SERIES_EMAIL="$email" SERIES_DATE="$date" \
		"/mshv/build/series/$name/src/tools/mshv/$_name" "$@" \
		"/mshv/build/series/$name/linux" "/mshv/build/series/$name/patches"
}

# series_for KTREE - make the patches
series_for()
{
	name=$(basename "$1" .tar.xz)
	dir=$build/series/$name
	mkdir -p "$dir/patches"
	get_tree "$1" "$dir"
	snapshot "$dir/src"
	echo "series: make for $name"
	tool series.py make || return 1
	if [ -n "$verify" ]; then
		echo "series: verify for $name"
		tool series_verify.py || return 1
	fi
	echo "series: the patches are in build/series/$name/patches/"
}

author=${SERIES_NAME:-$(git -C "$top" log -1 --format=%an)}
email=${SERIES_EMAIL:-$(git -C "$top" log -1 --format=%ae)}
date=$(git -C "$top" log -1 --format=%aI)
mkdir -p "$build/series"
# One at a time: the trees are shared.
exec 9>"$build/series/lock"
flock 9
if [ $# -eq 1 ]; then
	set -- "$(realpath "$1")"
else
	set -- "$build"/src/linux-source-*.tar.xz "$build"/src/other/linux-source-*.tar.xz
fi
[ -z "$verify" ] || get_packages
status=0
for tree; do
	series_for "$tree" || status=1
done
exit $status
