# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=1
# hvsim: --fail=0x0101:1:0x02 --fail=0x0101:3:0x06
# hvsim: --fail=0x0040:1:0x71 --fail=0x0048:1:0x71 --fail=0x0048:3:0x73 --fail=0x0041:1:0x71
# hvsim: --fail=0x004b:1:0x71 --fail=0x004e:1:0x71
# hvsim: --fail=0x00e1:1:0x71 --fail=0x00e1:3:0x02 --fail=0x0131:1:0x71 --fail=0x0131:2:0x71
# hvsim: --fail=0x0051:1:0x71 --fail=0x0051:6:0x71
# timeout: 240
# expect-trace: clean
#
# As fail-integrated, under the core scheduler: there VPs run and stop by way of
# their suspend registers. A hypervisor without register pages (0xe1:3) is fine.
# Memory is pinned, so that mapping is a matter of one ioctl.
. /lib.sh
params=pin_memory=1

load_fails EOPNOTSUPP 'an L1VH partition must have VMM capabilities, but reading them failed: -EOPNOTSUPP$'
load_fails EACCES 'cannot tell which scheduler runs virtual processors: -EACCES$'
load_ok
steps_sweep
failed_step create EIO CREATE_PARTITION
failed_step initialize EIO "DEPOSIT_MEMORY and INITIALIZE_PARTITION" 2
failed_step '(create|initialize|memory|more-memory|create-vps)' ENOMEM "DEPOSIT_MEMORY for want of root memory"
failed_step memory EIO MAP_GPA_PAGES
failed_step create-vps EIO "CREATE_VP and the message page" 2
failed_step set-regs EIO SET_VP_REGISTERS
failed_step run EIO "SET_VP_REGISTERS of a suspend register"
unload_ok
load_ok
steps_sweep
check "the chain with the partition closed first" mshv_steps --pt-first
guests_run 1
finish
