# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# timeout: 300
# expect-trace: clean
#
# As movable, under the core scheduler and on two CPUs.
. /lib.sh

load_ok
memory_moves
finish
