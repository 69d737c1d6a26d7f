# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --vmm-caps=0x3 --property=0x00020005=fail:0x71 --cpus=1
# timeout: 180
# expect-trace: clean
#
# Without the capability the property must not even be read: here it can't be.
. /lib.sh

load_ok
scheduler_is core core 'vmm_enable_integrated_scheduler clear'
guests_run 1
finish
