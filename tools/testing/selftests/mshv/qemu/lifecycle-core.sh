# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2 --memory=2048
# cpio: qemu
# timeout: 900
# expect-trace: clean
#
# Two VMs of an unmodified QEMU at once, one is killed and one resets itself, with
# the core scheduler: the hypervisor runs the VPs.
. /lib.sh
# shellcheck source=/dev/null
. /qemu.sh

load_ok
scheduler_is core core 'vmm_enable_integrated_scheduler set, property 0'
life_of_two
unload_ok
finish
