# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=2 --vmbus
# timeout: 300
# expect-trace: clean
#
# The integrated scheduler on two CPUs, beside VMBus, which owns the SynIC.
. /lib.sh

check "VMBus is there" test -d /sys/bus/vmbus
load_ok
scheduler_is integrated root 'vmm_enable_integrated_scheduler set, property 1'
guests_run 1
guests_run 2
more_guests_run
signals_work
sigkill_works
cpus_come_and_go
reload_works
finish
