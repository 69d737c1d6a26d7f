# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=integrated --cpus=1
# timeout: 180
# expect-trace: clean
#
# Level-triggered lines; the hypervisor sends a message when a guest ends an interrupt.
. /lib.sh

load_ok
resample_works
finish
