#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run a guest that counts its work in a cgroup with cpu.max at 25 %, beside one
# without a limit, and say how much of the free guest's work the limited one did.
#
# usage: cpu_limit.sh [SECONDS]		(default 12)
#
# Prints:
#   share: N.N		the limited guest's work, in percent of the free one's
#   guest-time: N	clock ticks that the kernel accounted as guest time meanwhile
set -eu

seconds=${1:-12}
group=/sys/fs/cgroup/mshv-limited
idle=/sys/fs/cgroup/mshv-idle
dir=$(mktemp -d)

guest_ticks()
{
	awk '/^cpu / { print $10 }' /proc/stat
}

# run NAME - a counting guest, in the current cgroup
run()
{
	minivmm --guest=count --duration=$((seconds * 1000)) --timeout=$((seconds + 60)) >"$dir/$1" 2>&1
}

# rate NAME - work per second
rate()
{
	sed -n 's/^guest 1 work: \([0-9]*\) in \([0-9]*\) ms$/\1 \2/p' "$dir/$1" |
		awk '{ print $1 * 1000 / $2 }'
}

echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p "$group"
# A long period: starting and stopping the guest costs it little of its share.
echo '125000 500000' >"$group/cpu.max"

# Something that takes what is left keeps all of the L1's VPs busy all the time.
# Otherwise the free guest would run faster whenever the limited one may not, on a
# host that has less to give than one core for each of the L1's VPs.
mkdir -p "$idle"
echo 1 >"$idle/cpu.idle"
sh -c 'echo $$ >"$1/cgroup.procs"; while :; do :; done' sh "$idle" &
filler=$!
trap 'kill $filler' EXIT
before=$(guest_ticks)
# The shell that becomes the VMM joins first, so that all its threads are in.
sh -c 'echo $$ >"$1/cgroup.procs" && exec minivmm --guest=count --duration="$2" --timeout="$3"' \
	sh "$group" $((seconds * 1000)) $((seconds + 60)) >"$dir/limited" 2>&1 &
limited=$!
run free
wait $limited
after=$(guest_ticks)

for name in limited free; do
	if [ -z "$(rate $name)" ]; then
		cat "$dir/$name" >&2
		exit 1
	fi
done
echo "share: $(rate limited | awk -v free="$(rate free)" '{ printf "%.1f", 100 * $1 / free }')"
echo "guest-time: $((after - before))"
kill $filler
wait $filler 2>/dev/null || true
trap - EXIT
rmdir "$group" "$idle"
rm -r "$dir"
