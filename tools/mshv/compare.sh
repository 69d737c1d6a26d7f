#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the same programs with this driver and with the kernel's own one, on the
# same kernel, and report where they differ: a check of the simulator, and of
# what this driver takes for granted.
#
# usage: compare.sh [OPTION]... [SCHEDULER-DRIVER]...
#
#   SCHEDULER is core or integrated, DRIVER is ours or kernel; all four by default
#   --list FILE	the programs (default: tools/mshv/compare.list)
#   --boots N	give up after so many boots of each (default 15)
#   --continue	go on where the last run gave up
#   --build	only build
#   --report	only report
#
#   TIME=SEC	bound for a boot (default 800)
#
# The kernel is built from the source that set-up fetched, with the options of
# compare.config. A program that brings the kernel down, or never ends, gets a
# second boot, and if it does so again it is taken down as such; a new boot goes on
# behind it. Everything is kept below build/compare/; the results are report.txt
# there, and qemu.txt: what the boots of QEMU's guests cost.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

tools=$top/tools/mshv
work=$build/compare
selftests=$top/tools/testing/selftests/mshv
list=$tools/compare.list
boots=15
seconds=${TIME:-800}
what=all
continue=

unpack()
{
	_tar=$build/src/linux-source-7.2.tar.xz
	[ -f "$_tar" ] || die "no kernel source: run 'make setup-source' first"
	_tag="$(basename "$_tar") $(stat -c %s "$_tar")"
	[ "$(cat "$work/linux.tag" 2>/dev/null)" != "$_tag" ] || return 0
	say "compare: unpacking $(basename "$_tar")"
	rm -rf "$work/linux" "$work/linux.tag" "$work/out" "$work/fragment.used"
	mkdir -p "$work/linux"
	# Not what this configuration can never build
	tar -xJf "$_tar" -C "$work/linux" --strip-components=1 \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/sound/*.[ch]' \
		--exclude='*/Documentation/[!K]*' --exclude='*/tools/perf/*' \
		--exclude='*/arch/[!x]*/*.[chS]' --exclude='*.dts*' \
		--exclude='*/testing/selftests/*'
	echo "$_tag" >"$work/linux.tag"
}

build_all()
{
	unpack
	[ -e "$work/out/vmlinux" ] ||
		say "compare: building a kernel (some minutes the first time)"
	nice "$tools/chroot.sh" /mshv/tools/mshv/compare-inner.sh
	[ -f "$build/qemu.cpio" ] || "$tools/mkqemu.sh" "$build/qemu.cpio"
}

module_of()
{
	case $1 in
	*-ours) echo "$work/ours/mshv_root.ko" ;;
	*) echo "$work/out/drivers/hv/mshv_root.ko" ;;
	esac
}

# image RUN - the initramfs, with what is left of the list
image()
{
	echo $((seconds - 20)) >"$work/time"
	"$tools/mkl1.sh" "$work/l1.img" --module "$(module_of "$1")" --cpio "$build/qemu.cpio" \
		--run "$tools/compare-l1.sh" --file "$work/$1.left:compare.list:644" \
		--file "$work/time:compare.time:644" \
		--file "$tools/compare-qemu.sh:bin/compare_qemu" \
		--file "$selftests/e2e/lib.sh:lib.sh" --file "$selftests/qemu/common.sh:qemu.sh" \
		--programs "$build/selftests:bin" --programs "$build/selftests/kselftests:kselftests"
}

# boot RUN N
boot()
{
	_status=0
	HVSIM_TIMEOUT=$seconds "$top/tools/testing/hvsim/hvsim-run" \
		--kernel="$work/out/vmlinux" --initrd="$work/l1.img" \
		--append='loglevel=1 oops=panic softlockup_panic=1' \
		--scheduler="${1%-*}" --cpus=2 --memory=2048 --vmbus --trace="$work/$1.$2.trace" \
		>"$work/$1.$2.log" 2>&1 || _status=$?
	tr -d '\r' <"$work/$1.$2.log" >"$work/boot"
	mv "$work/boot" "$work/$1.$2.log"
	echo "@boot $_status" >>"$work/$1.$2.log"
}

# lost STATUS - did the L1 crash, hang or never end?
lost()
{
	case $1 in 3|124|125) ;; *) return 1 ;; esac
}

# shorten RUN N - leave on the list what comes after the program that began last; and that one,
# if the L1 was lost with it for the first time
shorten()
{
	_last=$(sed -n 's/^@begin //p' "$work/$1.$2.log" | tail -n 1)
	[ -n "$_last" ] || _last=none
	_again=
	if lost "$(sed -n 's/^@boot //p' "$work/$1.$2.log")" &&
	   [ "$_last" != "$(cat "$work/$1.lost" 2>/dev/null)" ]; then
		_again=1
		echo "$_last" >"$work/$1.lost"
	fi
	[ "$_last" != none ] || { [ -n "$_again" ]; return; }
	awk -v last="$_last" -v again="$_again" '
		$1 == last { found = 1; if (!again) next }
		found' "$work/$1.left" >"$work/left"
	mv "$work/left" "$work/$1.left"
}

# run RUN - all programs of the list
run()
{
	if [ -z "$continue" ] || ! [ -f "$work/$1.left" ]; then
		rm -f "$work/$1".*.log "$work/$1".*.trace "$work/$1.lost"
		grep -v '^#' "$list" >"$work/$1.left"
	fi
	n=0
	while [ -f "$work/$1.$((n + 1)).log" ]; do n=$((n + 1)); done
	to=$((n + boots))
	while [ -s "$work/$1.left" ] && [ $n -lt $to ]; do
		n=$((n + 1))
		say "compare: $1, boot $n, $(wc -l <"$work/$1.left") programs to go"
		image "$1"
		boot "$1" $n
		shorten "$1" $n || break
	done
}

while [ $# -gt 0 ]; do
	case $1 in
	--list) list=${2:?} && shift ;;
	--boots) boots=${2:?} && shift ;;
	--continue) continue=1 ;;
	--build|--report) what=$1 ;;
	core-ours|core-kernel|integrated-ours|integrated-kernel) break ;;
	*) sed -n '3,23s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
	shift
done
[ $# -gt 0 ] || set -- core-ours core-kernel integrated-ours integrated-kernel
mkdir -p "$work"
exec 9>"$work/lock"
flock 9
[ "$what" = --report ] || build_all
[ "$what" != --build ] || exit 0
if [ "$what" = all ]; then
	for r; do run "$r"; done
fi
"$tools/chroot.sh" tools/mshv/qemu-report.py build/compare >"$work/qemu.txt" || :
"$tools/compare.py" "$list" "$work" >"$work/report.txt"
tail -n 1 "$work/report.txt"
say "compare: see ${work#"$top"/}/report.txt"
