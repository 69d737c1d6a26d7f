# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=1
# kernel: all
# timeout: 300
# expect-trace: clean
#
# The core scheduler on one CPU: guests, signals, SIGKILL, reload.
. /lib.sh

load_ok
scheduler_is core core 'vmm_enable_integrated_scheduler set, property 0'
check "the ioctls take good and refuse bad arguments" mshv_basic
guests_run 1
more_guests_run
bad_guests_run
signals_work
sigkill_works
busy_module_stays
reload_works
finish
