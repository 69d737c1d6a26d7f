# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# kernel: all
# timeout: 300
# expect-trace: clean
#
# The integrated scheduler on one CPU: guests, signals, SIGKILL, reload.
. /lib.sh

load_ok
scheduler_is integrated root 'vmm_enable_integrated_scheduler set, property 1'
check_line "the capabilities are decoded" \
	'^mshv: VMM capabilities 0x[0-9a-f]+: .*vmm_can_provide_overlay_gpfn.* vmm_enable_integrated_scheduler' /tmp/log
check "the ioctls take good and refuse bad arguments" mshv_basic
guests_run 1
more_guests_run
bad_guests_run
signals_work
sigkill_works
busy_module_stays
reload_works
finish
