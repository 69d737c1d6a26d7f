#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The parts of coverage.sh that run inside the build root file system.
#
# usage: coverage-inner.sh build|report     (called by coverage.sh)
set -eu

top=/mshv
dir=$top/build/coverage
tree=$top/build/kunit/linux
out=$dir/out
tools=$top/tools/mshv

# Same bytes for the same input, so that ccache hits.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=kunit KBUILD_BUILD_HOST=kunit

build()
{
	mkdir -p "$out"
	# What KUnit needs and what an L1VH with the programs of compare.sh needs, but
	# the driver is built in: one kernel for all, so that its counters can be added.
	{
		cat "$tools/kunit-x86_64.config" "$tree/drivers/hv/mshv/.kunitconfig" \
			"$tools/coverage.config"
		grep -v -E '^CONFIG_(MODULE|MSHV_|FTRACE|ENABLE_DEFAULT_TRACERS)' \
			"$tools/compare.config"
	} | awk '!seen[$0]++' >"$dir/fragment"
	if ! cmp -s "$dir/fragment" "$dir/fragment.used"; then
		make -s -C "$tree" O="$out" ARCH=x86_64 KCONFIG_ALLCONFIG="$dir/fragment" allnoconfig
		grep '^CONFIG_' "$dir/fragment" | while read -r line; do
			grep -qxF "$line" "$out/.config" ||
				{ echo "coverage: $line has unmet dependencies" >&2; exit 1; }
		done
		cp "$dir/fragment" "$dir/fragment.used"
		echo 'coverage: building a kernel, which takes a few minutes the first time'
	fi
	make -s -C "$tree" O="$out" ARCH=x86_64 MSHV_GCOV=y -j"$(nproc)" bzImage vmlinux
}

case ${1:-} in
build)	build ;;
report)	exec "$tools/coverage.py" "$dir" "$tree" ;;
*)	echo "usage: $0 build|report" >&2; exit 2 ;;
esac
