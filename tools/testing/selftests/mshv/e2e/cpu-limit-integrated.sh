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
limit_runs 3
check "the limit holds: 25 % within 5 points, not $share %" \
	awk -v share="$share" 'BEGIN { exit !(share >= 20 && share <= 30) }'
# One guest at 100 % and one at 25 % for 10 s, at 100 ticks a second, less what
# the L1 itself and a busy host take of them
check "guest time shows as guest time: $ticks ticks" test "$ticks" -gt 500
unload_ok
finish
