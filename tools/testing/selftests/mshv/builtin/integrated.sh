# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=2 --vmbus
# programs: kselftests
# timeout: 300
# expect-trace: clean
#
# A kernel with the driver built in, under the integrated scheduler, beside
# VMBus, which has to be there first.
. /lib.sh
# shellcheck source=/dev/null
. /suite.sh

check "VMBus is there" test -d /sys/bus/vmbus
came_up
scheduler_is integrated root 'vmm_enable_integrated_scheduler set, property 1'
works
finish
