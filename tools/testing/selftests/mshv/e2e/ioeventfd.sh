# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# timeout: 300
# expect-trace: clean
#
# ioeventfds are doorbells of the hypervisor: the guest's writes never come to the VMM.
. /lib.sh

load_ok
doorbells_ring
finish
