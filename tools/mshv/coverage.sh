#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Which lines and branches of the driver are reached by the KUnit suites, and which
# by the programs of the selftests in an L1VH on hvsim.
#
# usage: coverage.sh [RUN]...
#
#   RUN is kunit, integrated, core, guest or refused; all of them by default. Of the
#   others the counters of the last time are taken, if there are any.
#
#   kunit       the suites, as in kunit.sh
#   integrated  the programs of compare.list in an L1VH, with the integrated scheduler
#   core        the same with the core scheduler, beside VMBus
#   guest       the driver finds itself in a guest partition
#   refused     the hypervisor does not tell what the driver has to know
#
#   TIME=SEC    bound for each boot of an L1VH (default 500)
#
# One kernel serves for all: the one of kunit.sh with gcov for the driver, and what
# an L1VH needs. Lines and branches are printed for each file, what was not reached
# is in build/coverage/missed.txt.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

tools=$top/tools/mshv
dir=$build/coverage
seconds=${TIME:-500}

# The kernel tree is that of kunit.sh.
build_kernel()
{
	exec 9>"$build/kunit/lock"
	flock 9
	"$tools/kunit.sh" --tree-only
	nice "$tools/chroot.sh" tools/mshv/coverage-inner.sh build
	flock -u 9
}

# An initramfs that prints the counters to the second serial port
kunit_image()
{
	rm -rf "$dir/root"
	mkdir -p "$dir/root/bin" "$dir/root/proc" "$dir/root/sys" "$dir/root/tmp"
	cp "$busybox" "$dir/root/bin/busybox"
	cp "$tools/coverage-gcov.sh" "$dir/root/gcov.sh"
	cat >"$dir/root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t debugfs debug /sys/kernel/debug
mount -t tmpfs tmp /tmp
mknod /ttyS1 c 4 65
{ echo @gcov; sh /gcov.sh; echo @end; } >/ttyS1
poweroff -f
INIT
	chmod +x "$dir/root/init"
	pack "$dir/root" >"$dir/kunit.img"
}

run_kunit()
{
	kunit_image
	# shellcheck disable=SC2016 # for the inner shell
	timeout -k 5 "${TIMEOUT:-300}" nice sh -c '
		top=$1 dir=$2
		. "$top/tools/mshv/common.sh"
		qemu -machine q35 -accel tcg -m 512M -smp 1 -nographic -nodefaults -no-reboot \
			-kernel "$dir/out/arch/x86/boot/bzImage" -initrd "$dir/kunit.img" \
			-append "console=ttyS0 kunit.enable=1 panic=-1" \
			-serial file:"$dir/console.log" -serial file:"$dir/kunit.log"
	' sh "$top" "$dir" </dev/null || die "the kernel did not end by itself, see build/coverage/console.log"
	if grep -a -q '^\(\[[^]]*\]\)\? *not ok ' "$dir/console.log"; then
		say 'coverage: some suites failed, see build/coverage/console.log'
	fi
}

# The initramfs of the L1VH: what compare.sh runs, but for QEMU and for what needs a
# hypervisor that fails
l1_image()
{
	grep -v -e '^#' -e '^qemu-' -e '^vp-again ' "$tools/compare.list" >"$dir/list"
	echo $((seconds - 30)) >"$dir/time"
	"$tools/mkl1.sh" "$dir/l1.img" --module none --run "$tools/coverage-l1.sh" \
		--file "$tools/coverage-gcov.sh:gcov.sh" \
		--file "$dir/list:coverage.list:644" --file "$dir/time:coverage.time:644" \
		--programs "$build/selftests:bin" --programs "$build/selftests/kselftests:kselftests"
}

# run_l1 NAME HVSIM-OPTION...
run_l1()
{
	_run=$1
	shift
	l1_image
	export HVSIM_TIMEOUT="$seconds"
	boot_l1 "$dir/$_run.log" --kernel="$dir/out/vmlinux" --initrd="$dir/l1.img" \
		--append='loglevel=1 kunit.enable=0' --memory=2048 --cpus=2 "$@"
	# 3 is how a guest ends that was meant to.
	tr -d '\r' <"$dir/$_run.log" | grep -a -e '^@cut' -e '^@log' -e '^@ran' |
		grep -v -e '^@ran .* [03]$' | sed "s/^/coverage: $_run: /" || :
}

run()
{
	case $1 in
	kunit) run_kunit ;;
	integrated) run_l1 integrated --scheduler=integrated ;;
	core) run_l1 core --scheduler=core --vmbus ;;
	guest) run_l1 guest --partition=guest ;;
	refused) run_l1 refused --fail=0x0101:1:0x02 ;;
	esac
	grep -a -q '^@end' "$dir/$1.log" ||
		die "$1: no counters came out, see build/coverage/$1.log"
}

for r; do
	case $r in
	kunit|integrated|core|guest|refused) ;;
	*) sed -n '6,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
mkdir -p "$dir" "$build/kunit"
build_kernel
if [ $# -eq 0 ]; then
	rm -f "$dir"/*.log
	set -- kunit integrated core guest refused
fi
for r; do
	say "coverage: $r"
	rm -f "$dir/$r.log"
	run "$r"
done
exec "$tools/chroot.sh" tools/mshv/coverage-inner.sh report
