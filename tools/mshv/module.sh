#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Build the driver as an external module.
#
# usage: module.sh [--kdir DIR] [MAKE ARG]...
#
# Without --kdir: in the build root file system, for each kernel that set-up
# fetched, into build/module/KVER. With it: on this system, against the kernel
# build directory DIR, into build/module/custom.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"

src=drivers/hv/mshv

# The sources use headers and helpers that came with Linux 7.2.
check_release()
{
	_major=${1%%.*}
	_minor=${1#*.}
	_minor=${_minor%%[!0-9]*}
	[ "$_major" -gt 7 ] || { [ "$_major" -eq 7 ] && [ "$_minor" -ge 2 ]; } ||
		die "kernel $1 is too old: the driver needs Linux 7.2 or later"
}

if [ "${1:-}" = --kdir ]; then
	[ $# -ge 2 ] || die "--kdir: expected a directory"
	kdir=$2
	shift 2
	[ -f "$kdir/Makefile" ] || die "$kdir: not a kernel build directory (no Makefile)"
	[ -f "$kdir/include/config/kernel.release" ] ||
		die "$kdir: not a configured kernel (no include/config/kernel.release)"
	check_release "$(cat "$kdir/include/config/kernel.release")"
	out=$build/module/custom
	mkdir -p "$out"
	exec make -C "$kdir" M="$top/$src" MO="$out" "$@" modules
fi

need_setup
for k in $KVERS; do
	mkdir -p "$build/module/$k"
	"$top/tools/mshv/chroot.sh" make -s -C "/usr/src/linux-headers-$k" \
		M="/mshv/$src" MO="/mshv/build/module/$k" "$@" modules ||
		die "building the module for $k failed"
done
