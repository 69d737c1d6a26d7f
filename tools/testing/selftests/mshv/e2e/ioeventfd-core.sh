# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# timeout: 300
# expect-trace: clean
#
# ioeventfds while the hypervisor runs the guests: the ring fills up while it is emptied.
. /lib.sh

load_ok
doorbells_ring
finish
