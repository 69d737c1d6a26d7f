# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# hvsim: --fail=0x0101:1:0x71 --fail=0x0101:3:0x71 --fail=0x0101:4:0x0b
# hvsim: --fail=0x0044:1:0x71 --fail=0x0040:1:0x71 --fail=0x0040:2:0x73 --fail=0x0045:1:0x0a
# hvsim: --fail=0x0048:1:0x71 --fail=0x0041:1:0x71 --fail=0x0041:2:0x73
# hvsim: --fail=0x004b:1:0x71 --fail=0x004b:4:0x73 --fail=0x004d:1:0x06
# hvsim: --fail=0x004e:1:0x71 --fail=0x00e1:1:0x71 --fail=0x00e1:3:0x71
# hvsim: --fail=0x0131:1:0x71 --fail=0x004e:5:0x1d
# hvsim: --fail=0x0051:1:0x50 --fail=0x0051:2:0x50 --fail=0x0051:3:0x50
# hvsim: --fail=0x0050:1:0x71 --fail=0x0050:2:0x71 --fail=0x0050:3:0x71 --fail=0x0050:4:0x71
# hvsim: --fail=0x00c2:1:0x71
# timeout: 240
# expect-trace: clean
#
# Each hypercall of the load path and of a partition's life fails once, under
# the integrated scheduler. A load or an ioctl then fails with a sane error, or
# does without; nothing is left behind, and the next try gets further. The driver
# makes some of these calls also when a partition goes: a few in a row fail then,
# so that one of them meets the ioctl.
# Memory is pinned, so that mapping is a matter of one ioctl.
. /lib.sh
params=pin_memory=1

load_fails EIO 'an L1VH partition must have VMM capabilities, but reading them failed: -EIO$'
load_fails EIO 'cannot tell which scheduler runs virtual processors: -EIO$'
load_fails ENOMEM 'an L1VH partition must have VMM capabilities, but reading them failed: -ENOMEM$'
load_ok
steps_sweep
failed_step features EIO GET_PARTITION_PROPERTY
failed_step create EIO CREATE_PARTITION
failed_step create ENOMEM "CREATE_PARTITION for want of root memory"
failed_step early-property ERANGE SET_PARTITION_PROPERTY
failed_step initialize EIO "DEPOSIT_MEMORY and INITIALIZE_PARTITION" 2
failed_step initialize ENOMEM "INITIALIZE_PARTITION for want of root memory"
failed_step memory EIO MAP_GPA_PAGES
failed_step more-memory ENOMEM "MAP_GPA_PAGES half way"
failed_step intercept EACCES INSTALL_INTERCEPT
failed_step create-vps EIO "CREATE_VP and both pages of MAP_VP_STATE_PAGE" 3
failed_step create-vps ENOSPC "CREATE_VP of the second VP"
failed_step set-regs EINVAL SET_VP_REGISTERS
failed_step get-regs EIO GET_VP_REGISTERS
failed_step run EIO DISPATCH_VP
unload_ok
load_ok
steps_sweep
check "the chain with the partition closed first" mshv_steps --pt-first
guests_run 1
finish
