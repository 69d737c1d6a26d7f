#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boot the kernels that 'series.sh --verify' has linked as L1VH on hvsim, under
# both schedulers, and see whether the driver in them works.
#
# usage: series-boot.sh [KTREE]
#
#   KTREE	as for series.sh
#
# The kernel with the driver in it runs the scenarios of the suite 'builtin'; the
# one with the driver as a module some of 'e2e', for which the external module is
# what they usually run with. Logs are in build/builtin/ and build/e2e/.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

status=0

# boot DIR ARGS... - with a kernel that has to be there
boot()
{
	if [ -f "$1/vmlinux" ]; then
		"$top/tools/mshv/e2e.sh" --kernel "$@" || status=1
	else
		echo "not ok - no kernel to boot: ${1#"$top"/}"
		status=1
	fi
}

if [ $# -eq 0 ]; then
	set -- "$build"/src/linux-source-*.tar.xz "$build"/src/other/linux-source-*.tar.xz
fi
for tree; do
	tree=$(realpath "$tree")
	for dir in "$build/series/$(basename "$tree" .tar.xz)"/kernels/*-builtin; do
		boot "$dir" --suite builtin
	done
	for dir in "$build/series/$(basename "$tree" .tar.xz)"/kernels/*-module; do
		boot "$dir" core-up integrated-smp-vmbus
	done
done
exit $status
