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

# lost STATUS WANT - did the L1 crash, hang or never end, where WANT was expected?
lost()
{
	case $1 in
	3|124|125) [ "$1" != "$2" ] ;;
	*) return 1 ;;
	esac
}

# boot_l1 WANT LOG ARGS... - run hvsim-run with its output in LOG; its status is in $status
#
# On an emulated host an L1 is now and then lost for no fault of its own. It is booted again,
# up to twice, which is reported; the log of the one that was lost stays in LOG.lost.
# A driver that crashes its kernel crashes it each time.
repeats=0
boot_l1()
{
	_want=$1
	_log=$2
	shift 2
	for _try in 1 2 3; do
		status=0
		HVSIM_VERBOSE=1 "$top/tools/testing/hvsim/hvsim-run" "$@" >"$_log" 2>&1 || status=$?
		lost "$status" "$_want" && grep -q '^hvsim-run: mode tcg' "$_log" || return 0
		[ "$_try" -lt 3 ] || return 0
		repeats=$((repeats + 1))
		echo "    the L1 was lost (status $status): $(grep '^hvsim: L1\|^hvsim: no end' "$_log" | tail -n 1)"
		echo "    on an emulated host that happens; once more, after boot $_try of 3"
		mv "$_log" "$_log.lost"
	done
}
