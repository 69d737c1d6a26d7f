# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# timeout: 240
# expect-trace: clean
#
# With the core scheduler the hypervisor runs the guests: a cgroup's limit of 25 %
# on the VMM does not limit its guest, and there is no guest time to account.
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
check "the limit does not hold: the guest gets more than 50 %" \
	awk -v share="${share:-0}" 'BEGIN { exit !(share > 50) }'
check "the kernel accounts no guest time" test "${ticks:-1}" -eq 0
unload_ok
finish
