# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# timeout: 300
# expect-trace: clean
#
# Access bitmaps show what the guest has accessed and what it has written to.
. /lib.sh

load_ok
dirty_pages_are_known
finish
