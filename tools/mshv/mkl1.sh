#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make an initramfs for the L1: busybox, the driver's module and a script.
#
# usage: mkl1.sh OUT.img [--kver KVER] [--module PATH|none]
#                [--file SRC:DST[:MODE]]... [--programs DIR:DST]...
#                [--cpio ARCHIVE]... --run SCRIPT
#
# --programs adds the executable files that are in DIR.
# /init mounts the usual file systems, runs SCRIPT as /run.sh and hands its exit
# status to the simulator through the debug exit port (0xf4).
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

usage()
{
	sed -n '3,12s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

[ $# -gt 0 ] || usage
out=$1
shift
kver=$KVER
module=
run=
archives=
dir=$(mktemp -d "$build/l1.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# add SRC DST [MODE]
add()
{
	[ -e "$1" ] || die "$1: no such file"
	mkdir -p "$dir/$(dirname "$2")"
	cp -L "$1" "$dir/$2"
	chmod "${3:-755}" "$dir/$2"
}

while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || usage
	case $1 in
	--kver) kver=$2 ;;
	--module) module=$2 ;;
	--file)
		_src=${2%%:*}
		_rest=${2#*:}
		case $_rest in
		*:*) add "$_src" "${_rest%%:*}" "${_rest#*:}" ;;
		*) add "$_src" "$_rest" ;;
		esac ;;
	--programs)
		for _src in "${2%%:*}"/*; do
			if [ -f "$_src" ] && [ -x "$_src" ]; then add "$_src" "${2#*:}/${_src##*/}"; fi
		done ;;
	--cpio)
		[ -r "$2" ] || die "$2: no such archive"
		archives="$archives $2" ;;
	--run) run=$2 ;;
	*) usage ;;
	esac
	shift 2
done
[ -n "$run" ] || usage
[ -n "$module" ] || module=$build/module/$kver/mshv_root.ko

for d in bin dev etc lib/modules proc root run sys tmp; do
	mkdir -p "$dir/$d"
done
add "$busybox" bin/busybox
[ "$module" = none ] || add "$module" lib/modules/mshv_root.ko 644
add "$run" run.sh
cat >"$dir/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tmpfs tmp /tmp
exec </dev/console >/dev/console 2>&1
sh /run.sh
status=$?
sync
# What was printed is still on its way: a change of the terminal waits for it.
stty -echo </dev/console
# The debug exit port ends the simulation with this status.
printf "\\$(printf %03o $status)" | dd of=/dev/port bs=1 seek=244 conv=notrunc 2>/dev/null
poweroff -f
INIT
chmod 755 "$dir/init"
# shellcheck disable=SC2086 # a list
{ pack "$dir"; [ -z "$archives" ] || cat $archives; } >"$out.tmp"
mv "$out.tmp" "$out"
