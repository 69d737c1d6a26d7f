# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# hvsim: --fail=0xe1:1:0x71
# timeout: 120
# expect-trace: clean
#
# A VP whose message page can't be mapped is deleted; one of the same index can follow.
. /lib.sh

load_ok
check "a VP can be created at the second attempt, and runs" mshv_vp_again
check "a guest runs after that" minivmm --guest=long
finish
