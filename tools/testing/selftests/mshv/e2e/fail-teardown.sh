# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# hvsim: --fail=0x004c:1:0x71 --fail=0x0042:2:0x71 --fail=0x0043:3:0x71 --fail=0x004f:7:0x71
# hvsim: --fail=0x00e2:17:0x71 --fail=0x006d:21:0x71 --fail=0x0049:41:0x71
# timeout: 180
#
# The hypervisor breaks its promises when a partition goes, each partition
# meets another one: unmap (by ioctl), finalize, delete, delete VP, unmap state
# page, unmap statistics page, withdraw. What it does not give back is lost, and
# the kernel's count says how much, but all else goes on.
# Memory is pinned, so that mapping is a matter of one ioctl.
. /lib.sh
params=pin_memory=1

load_ok
log_mark
check_status 1 "a partition whose memory can't be unmapped" mshv_steps
check_line "the VMM is told" '^step unmap: EIO$'
log_new >$out
check_line "the log says that it will not run any more" '^mshv: partition .* unmapping gfn 0x1000 failed: -EIO'
check "it leaves the module unused" wait_for 10 unused
for what in FINALIZE_PARTITION DELETE_PARTITION DELETE_VP UNMAP_VP_STATE_PAGE \
	    UNMAP_STATS_PAGE WITHDRAW_MEMORY nothing; do
	log_mark
	check "a VMM does not notice that $what fails at the end" mshv_steps
	check "and leaves the module unused" wait_for 10 unused
	log_new | sed "s/^/# $what: /"
done
guests_run 1
unload_ok
check_line "the log says how much the hypervisor kept" \
	'^mshv: unloaded; the hypervisor kept [0-9]+ pages$' /tmp/log
load_ok
check "a guest runs after that" minivmm --guest=long
unload_ok
check_no_line "nothing is lost any more" 'kept' /tmp/log
finish
