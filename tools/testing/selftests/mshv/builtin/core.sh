# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# programs: kselftests
# timeout: 300
# expect-trace: clean
#
# A kernel with the driver built in, under the core scheduler.
. /lib.sh
# shellcheck source=/dev/null
. /suite.sh

came_up
scheduler_is core core 'vmm_enable_integrated_scheduler set, property 0'
works
finish
