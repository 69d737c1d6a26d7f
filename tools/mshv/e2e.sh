#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the end-to-end scenarios: each boots the stock kernel as an L1VH on hvsim
# and runs a script in it that loads the driver and speaks TAP.
#
# usage: e2e.sh [--suite e2e|qemu|builtin] [--kernel DIR] [SCENARIO]...
#
# A suite is a directory in tools/testing/selftests/mshv/; the default is e2e, and
# all scenarios in it.
#
#   --kernel DIR	boot DIR/vmlinux instead of the stock kernels; without
#		DIR/mshv_root.ko it has the driver built in
#
# A scenario's head comments say how to run it:
#   # hvsim: OPTIONS        options for hvsim, may be given more than once
#   # kernel: SERIES        kernel series to boot, or 'all' (default: set-up's first)
#   # timeout: SECONDS      for the whole boot (default 120)
#   # cpio: qemu            add Debian's QEMU and a guest for it to the initramfs
#   # programs: kselftests  add the tests of the ioctls, as kselftests/
#   # expect-exit: N        hvsim's exit status (default 0)
#   # expect-trace: clean   the L1 left nothing behind in the hypervisor
#
# Counts every TAP line of the L1, the plan, the exit status and the trace. The
# last line is 'SUITE: N passed, N failed'. Logs are in build/SUITE/.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

suite=e2e
own=	# the directory of a kernel that is not a stock one
while :; do
	case ${1:-} in
	--suite) suite=${2:?expected e2e, qemu or builtin} ;;
	--kernel)
		own=$(realpath "${2:?expected a directory}")
		[ -f "$own/vmlinux" ] || die "no vmlinux in $2" ;;
	*) break ;;
	esac
	shift 2
done
selftests=$top/tools/testing/selftests/mshv
dir=$selftests/$suite
out=$build/$suite
[ -d "$dir" ] || die "no suite '$suite' in ${selftests#"$top"/}"
passed=0
failed=0
made=	# build/qemu.cpio, by this run
mkdir -p "$out"

# directive FILE NAME - the values of a head comment, on one line
directive()
{
	sed -n "/^[^#]/q; s/^# $2: *//p" "$1" | tr '\n' ' ' | sed 's/ *$//'
}

# result OK? TEXT - count one check of the runner's own
result()
{
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "    not ok - $2"
	fi
}

# holds COMMAND... - print 0 if it succeeds, otherwise 1
holds()
{
	if "$@"; then echo 0; else echo 1; fi
}

# clean_trace FILE - the L1 ended with no object left in the hypervisor
clean_trace()
{
	tail -n 1 "$1" | awk '
		!/"ev":"exit"/ { print "no exit line"; exit 1 }
		{
			n = split("partitions vps deposited_pages mapped_pages overlay_pages ports", want, " ")
			for (i = 1; i <= n; i++)
				if ($0 !~ "\"" want[i] "\":0[,}]") { print "left: " $0; exit 1 }
		}'
}

# kernels WANTED - the kernel versions that a scenario runs on
kernels()
{
	[ -z "$own" ] || { basename "$own"; return; }
	case $1 in
	'') echo "$KVER" ;;
	all) echo "$KVERS" ;;
	*) for _k in $KVERS; do case $_k in "$1".*) echo "$_k" ;; esac; done ;;
	esac
}

# image KVER ARGS... - the initramfs; sets vmlinux, too
image()
{
	kver=$1
	shift
	vmlinux=$build/kernels/$kver/vmlinux
	if [ -n "$own" ]; then
		vmlinux=$own/vmlinux
		_module=$own/mshv_root.ko
		[ -f "$_module" ] || _module=none
		set -- "$@" --module "$_module"
	fi
	"$top/tools/mshv/mkl1.sh" "$out/l1.img" --kver "$kver" "$@"
}

# run_one SCENARIO KVER
run_one()
{
	script=$dir/$1.sh
	log=$out/$1-${2%%+*}.log
	trace=${log%.log}.trace
	seconds=$(directive "$script" timeout)
	want=$(directive "$script" expect-exit)
	start=$(date +%s)
	rm -f "$log" "$trace"
	set -- "$1" "$2" --run "$script" --file "$selftests/e2e/lib.sh:lib.sh" \
		--file "$selftests/cpu_limit.sh:bin/cpu_limit" --programs "$build/selftests:bin"
	if [ "$(directive "$script" cpio)" = qemu ]; then
		[ -n "$made" ] || "$top/tools/mshv/mkqemu.sh" "$build/qemu.cpio"
		made=yes
		set -- "$@" --cpio "$build/qemu.cpio" --file "$selftests/qemu/common.sh:qemu.sh"
	fi
	[ "$suite" != builtin ] || set -- "$@" --file "$dir/common.sh:suite.sh"
	if [ "$(directive "$script" programs)" = kselftests ]; then
		set -- "$@" --programs "$build/selftests/kselftests:kselftests"
	fi
	name=$1
	shift
	image "$@"
	export HVSIM_TIMEOUT="${seconds:-120}" HVSIM_LOG="${log%.log}.helper"
	# shellcheck disable=SC2046 # several options on a line
	boot_l1 "$log" \
		--kernel="$vmlinux" --initrd="$out/l1.img" \
		--append='console=ttyS0 quiet panic=-1' --trace="$trace" \
		$(directive "$script" hvsim)
	judge
}

judge()
{
	before=$failed
	tr -d '\r' <"$log" >"$log.tap"
	ok=$(grep -c '^ok ' "$log.tap" || true)
	bad=$(grep -c '^not ok ' "$log.tap" || true)
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log.tap" | tail -n 1)
	passed=$((passed + ok))
	failed=$((failed + bad))
	grep '^not ok ' "$log.tap" | sed 's/^/    /' || true
	result "$(holds [ "${plan:-none}" = $((ok + bad)) ])" \
		"$name: planned ${plan:-nothing}, ran $((ok + bad))"
	result "$(holds [ "$status" = "${want:-0}" ])" \
		"$name: hvsim ended with status $status, expected ${want:-0}"
	if [ "$(directive "$script" expect-trace)" = clean ]; then
		left=$(clean_trace "$trace" 2>&1) && left_status=0 || left_status=1
		result "$left_status" "$name: $left"
	fi
	printf '%-34s %-22s %3d ok, %d failed (%d s)\n' "$suite: $name" "$kver" "$ok" \
		$((failed - before)) $(($(date +%s) - start))
	rm -f "$log.tap"
	[ "$failed" = "$before" ] || { echo "    the end of ${log#"$top"/}:"; tail -n 25 "$log" | sed 's/^/    | /'; }
}

if [ $# -eq 0 ]; then
	for script in "$dir"/*.sh; do
		case ${script##*/} in lib.sh|common.sh) continue ;; esac
		set -- "$@" "$(basename "$script" .sh)"
	done
fi
[ $# -gt 0 ] || die "no scenarios in ${dir#"$top"/}"
for scenario; do
	[ -f "$dir/$scenario.sh" ] || die "no scenario '$scenario' in ${dir#"$top"/}"
	for k in $(kernels "$(directive "$dir/$scenario.sh" kernel)"); do
		run_one "$scenario" "$k"
	done
done
echo "$suite: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
