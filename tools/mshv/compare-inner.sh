#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The part of compare.sh that runs inside the build root file system: build the
# kernel with its own driver as a module, and our driver as one against it.
#
# usage: compare-inner.sh     (called by compare.sh)
set -eu

top=/mshv
work=$top/build/compare
out=$work/out
fragment=$top/tools/mshv/compare.config
jobs=${JOBS:-$(nproc)}

export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=compare KBUILD_BUILD_HOST=compare

mkdir -p "$out"
cd "$work/linux"
if ! cmp -s "$fragment" "$work/fragment.used"; then
	make -s O="$out" ARCH=x86_64 KCONFIG_ALLCONFIG="$fragment" allnoconfig
	# What the fragment asks for must not have been dropped silently.
	grep '^CONFIG_' "$fragment" | while read -r line; do
		grep -qxF "$line" "$out/.config" ||
			{ echo "compare: $line has unmet dependencies" >&2; exit 1; }
	done
	cp "$fragment" "$work/fragment.used"
fi
make -s -j"$jobs" O="$out" ARCH=x86_64 vmlinux modules
mkdir -p "$work/ours"
make -s -C "$out" M="$top/drivers/hv/mshv" MO="$work/ours" modules
