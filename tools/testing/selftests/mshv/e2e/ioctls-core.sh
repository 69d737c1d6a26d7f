# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# programs: kselftests
# timeout: 240
# expect-trace: clean
#
# Every ioctl with good and bad arguments, in all orders and at the same time,
# under the core scheduler.
. /lib.sh

load_ok
kselftests 0
finish
