# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# hvsim: --fail=0x95:*:0x06
# timeout: 120
# expect-trace: clean
#
# A hypervisor that denies doorbells to this partition: the VMM is told so.
. /lib.sh

load_ok
check_status 1 "an ioeventfd is refused" mshv_doorbell write
check_line "with EOPNOTSUPP" 'MSHV_IOEVENTFD: EOPNOTSUPP'
check "a guest runs without it" minivmm --guest=long
finish
