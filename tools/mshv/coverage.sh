#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Which lines and branches of the driver the KUnit suites reach.
#
# usage: coverage.sh
#
# Builds the kernel of kunit.sh with gcov for the driver, boots it with an
# initramfs that hands out the counters after the suites have run, and prints
# lines and branches for each file. What was not reached is in
# build/coverage/missed.txt, and for the files that have most of it here.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"

dir=$build/coverage
need_setup
mkdir -p "$dir" "$build/kunit"

# The kernel tree is that of kunit.sh.
exec 9>"$build/kunit/lock"
flock 9
"$top/tools/mshv/kunit.sh" --tree-only
nice "$top/tools/mshv/chroot.sh" tools/mshv/coverage-inner.sh build
flock -u 9

# An initramfs that prints all counters to the second serial port
rm -rf "$dir/root" "$dir/data"
mkdir -p "$dir/root/bin" "$dir/root/proc" "$dir/root/sys" "$dir/data"
cp "$busybox" "$dir/root/bin/busybox"
cat >"$dir/root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t debugfs debug /sys/kernel/debug
/bin/busybox mknod /ttyS1 c 4 65
cd /sys/kernel/debug/gcov || /bin/busybox echo "no gcov"
/bin/busybox find . -name '*.gcda' | while read -r f; do
	/bin/busybox echo "file $f"
	/bin/busybox base64 "$f"
	/bin/busybox echo "end"
done >/ttyS1
/bin/busybox poweroff -f
INIT
chmod +x "$dir/root/init"
pack "$dir/root" >"$dir/initramfs"

say 'coverage: running the suites'
rm -f "$dir/gcov.txt"
# shellcheck disable=SC2016 # for the inner shell
timeout -k 5 "${TIMEOUT:-300}" nice sh -c '
	top=$1 dir=$2
	. "$top/tools/mshv/common.sh"
	qemu -machine q35 -accel tcg -m 512M -smp 1 -nographic -nodefaults -no-reboot \
		-kernel "$dir/out/arch/x86/boot/bzImage" -initrd "$dir/initramfs" \
		-append "console=ttyS0 kunit.enable=1 panic=-1" \
		-serial file:"$dir/console.log" -serial file:"$dir/gcov.txt"
' sh "$top" "$dir" </dev/null || die "the kernel did not end by itself, see build/coverage/console.log"
grep -q '^end' "$dir/gcov.txt" ||
	die "no counters came out, see build/coverage/console.log"
if grep -a -q '^ *not ok ' "$dir/console.log"; then
	say 'coverage: some suites failed, see build/coverage/console.log'
fi
exec "$top/tools/mshv/chroot.sh" tools/mshv/coverage-inner.sh report
