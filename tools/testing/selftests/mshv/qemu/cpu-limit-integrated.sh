# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=2
# timeout: 240
# expect-trace: clean
#
# With the integrated scheduler a guest's time is its thread's time: a cgroup's
# limit of 25 % holds, and the kernel accounts guest time.
. /lib.sh

load_ok
# The median of three: a host that is busy with something else may spoil one.
for i in 1 2 3; do
	check "two counting guests run for 10 seconds, $i of 3" cpu_limit 10
	note "$(tr '\n' ' ' <"$out")"
	cat "$out" >>/tmp/runs
done
share=$(sed -n 's/^share: //p' /tmp/runs | sort -n | sed -n 2p)
ticks=$(sed -n 's/^guest-time: //p' /tmp/runs | sort -n | sed -n 2p)
# Coarse on purpose: in nested emulation the free guest pays for more dispatches.
check "the limit of 25 % holds: the guest gets less than 40 %" \
	awk -v share="${share:-100}" 'BEGIN { exit !(share > 5 && share < 40) }'
# One guest at 100 % and one at 25 % for 10 s, at 100 ticks a second, less what
# the L1 itself and a busy host take of them
check "guest time shows as guest time" test "${ticks:-0}" -gt 500
unload_ok
finish
