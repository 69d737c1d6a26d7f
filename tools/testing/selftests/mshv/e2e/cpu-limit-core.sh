# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# timeout: 240
# expect-trace: clean
#
# With the core scheduler the hypervisor runs the guests: a cgroup's limit of 25 %
# on the VMM does not limit its guest, and there is no guest time to account.
. /lib.sh

load_ok
limit_runs 3
check "the limit does not hold: the guest gets more than 50 %, namely $share %" \
	awk -v share="$share" 'BEGIN { exit !(share > 50) }'
check "the kernel accounts no guest time" test "$ticks" -eq 0
unload_ok
finish
