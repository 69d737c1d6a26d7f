#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The part of kunit.sh that runs inside the build root file system.
#
# usage: kunit-inner.sh [FILTER_GLOB]     (called by kunit.sh)
set -eu

top=/mshv
work=$top/build/kunit
tree=$work/linux
out=$work/out
tools=$top/tools/mshv

# Same bytes for the same input, so that ccache hits.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=kunit KBUILD_BUILD_HOST=kunit

cd "$tree"
mkdir -p "$out"

# kunit.py starts from the architecture's default configuration, which is far
# too much. Start from nothing instead: savedefconfig's "is not set" lines
# then keep everything off.
{
	echo "# for drivers/hv/mshv/Kconfig $(cksum <drivers/hv/mshv/Kconfig)"
	cat "$tools/kunit-x86_64.config" drivers/hv/mshv/.kunitconfig
} >"$work/fragment"
if ! cmp -s "$work/fragment" "$work/fragment.used"; then
	echo "kunit: making a minimal configuration"
	mkdir -p "$work/config"
	make -s O="$work/config" ARCH=x86_64 \
		KCONFIG_ALLCONFIG="$work/fragment" allnoconfig
	make -s O="$work/config" ARCH=x86_64 savedefconfig
	mv "$work/config/defconfig" "$work/kunitconfig"
	# What the fragment asks for must not have been dropped silently.
	grep '^CONFIG_' "$work/fragment" | while read -r line; do
		grep -qxF "$line" "$work/config/.config" ||
			{ echo "kunit: $line has unmet dependencies" >&2; exit 1; }
	done
	cp "$work/fragment" "$work/fragment.used"
fi

# kunit.py prefers KVM wherever /dev/kvm exists, even if it does not work. TCG
# is fast enough, and the same everywhere. The mount is private to this script.
[ ! -e /dev/kvm ] || busybox mount --bind /dev/null /dev/kvm

[ -e "$out/vmlinux" ] || echo "kunit: building a kernel, which takes a few minutes the first time"
rm -f "$out/test.log"
{
	status=0
	python3 -u tools/testing/kunit/kunit.py run --arch=x86_64 \
		--build_dir="$out" --kunitconfig="$work/kunitconfig" \
		--jobs="$(nproc)" --timeout=300 ${1:+"$1"} || status=$?
	echo "$status" >"$work/status"
} 2>&1 | tee "$work/kunit.out"
status=$(cat "$work/status")
cp "$out/test.log" "$work/test.log" 2>/dev/null || : >"$work/test.log"

# "... Testing complete. Ran 9 tests: passed: 7, failed: 1, errors: 1"
count()
{
	sed -n "s/.*Testing complete\..* $1: \([0-9]*\).*/\1/p" "$work/kunit.out"
}
passed=$(count passed)
failed=0
for kind in failed crashed errors; do
	n=$(count $kind)
	failed=$((failed + ${n:-0}))
done

grep -E '^ *not ok ' "$work/test.log" || :
# A warning of the kernel is a failure, even when every case says ok.
if grep -E '^(\[[^]]*\] )?(WARNING: |BUG: |Oops: |INFO: task )' "$work/test.log"; then
	failed=$((failed + 1))
fi
[ "$status" -eq 0 ] || [ "$failed" -ne 0 ] || failed=1
echo "kunit: ${passed:-0} passed, $failed failed"
[ "$failed" -eq 0 ]
