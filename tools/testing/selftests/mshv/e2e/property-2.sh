# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --property=0x00020005=2 --cpus=1
# timeout: 180
# expect-trace: clean
#
# Any value of the property but 0 means the integrated scheduler.
. /lib.sh

load_ok
scheduler_is integrated root 'vmm_enable_integrated_scheduler set, property 2'
guests_run 1
finish
