# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=2 --eoi=intercept
# timeout: 180
# expect-trace: clean
#
# Level-triggered lines; the hypervisor intercepts the end of an interrupt.
. /lib.sh

load_ok
resample_works
check "an end that nobody waits for is shown to the VMM" mshv_resample shown
finish
