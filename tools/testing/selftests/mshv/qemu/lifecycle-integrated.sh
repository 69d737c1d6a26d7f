# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=2 --memory=2048
# cpio: qemu
# timeout: 900
# expect-trace: clean
#
# Two VMs of an unmodified QEMU at once, one is killed and one resets itself, with
# the integrated scheduler: the L1 dispatches the VPs.
. /lib.sh
# shellcheck source=/dev/null
. /qemu.sh

load_ok
scheduler_is integrated root 'vmm_enable_integrated_scheduler set, property 1'
life_of_two
unload_ok
finish
