# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=2
# timeout: 120
# expect-exit: 0
# expect-trace: clean
#
# The machine goes down while guests run: the hypervisor outlives the kernel, so
# it must be left with nothing. The proof is in the trace's last line.
. /lib.sh

load_ok
check "a guest spins" in_background busy
check "a guest exits all the time" in_background storm
check "a guest sleeps" in_background sleep
echo "1..$tests"
[ $failures = 0 ] || exit 1
poweroff -f
sleep 60
exit 1
