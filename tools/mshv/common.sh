# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Shared by the project's scripts; to be sourced with $top set to the root of
# the project.

build=${top:?}/build
rootfs=$build/rootfs
busybox=$rootfs/usr/bin/busybox

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

say()
{
	echo "==> $*" >&2
}

# need_setup - stop with one clear line unless set-up has been done; set the
# kernel versions: the one that everything runs on, and all that are there
need_setup()
{
	# shellcheck disable=SC2034 # for the one who sources this
	KVER='' KVERS=''
	if ! [ -f "$build/env" ] || ! [ -x "$busybox" ]; then
		die "the build environment is missing: run 'make setup' first"
	fi
	# shellcheck source=/dev/null
	. "$build/env"
}

# pack DIR - write a cpio archive (newc) of DIR to standard output
pack()
{
	(cd "$1" && find . | "$busybox" cpio -o -H newc 2>/dev/null)
}

# qemu ARGS - run the QEMU of the build root file system, without a chroot
qemu()
{
	_lib=$rootfs/usr/lib/x86_64-linux-gnu
	"$rootfs/usr/lib64/ld-linux-x86-64.so.2" --library-path "$_lib" \
		"${QEMU_BINARY:-$rootfs/usr/bin/qemu-system-x86_64}" \
		-L "$rootfs/usr/share/qemu" -L "$rootfs/usr/share/seabios" "$@"
}

# boot_l1 LOG ARGS... - run hvsim-run with its output in LOG; its status is in $status
boot_l1()
{
	_log=$1
	shift
	status=0
	# shellcheck disable=SC2034 # for the one who sources this
	HVSIM_VERBOSE=1 "$top/tools/testing/hvsim/hvsim-run" "$@" >"$_log" 2>&1 || status=$?
}
