# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# hvsim: --fail=0xc9:2:0x0b --fail=0xc9:7:0x0b
# timeout: 300
# expect-trace: clean
#
# Access bitmaps while the hypervisor runs the guests, and now and then wants memory.
. /lib.sh

load_ok
dirty_pages_are_known
finish
