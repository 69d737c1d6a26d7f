# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# timeout: 300
# expect-trace: clean
#
# Guest memory that the VMM and its kernel move about: populated when touched,
# dropped, moved, copied on write, made into huge pages and back, migrated.
. /lib.sh

load_ok
memory_moves
finish
