# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --scheduler=core --cpus=2
# timeout: 180
# expect-trace: clean
#
# Level-triggered lines while the hypervisor runs the guests; it sends a message when one
# ends an interrupt.
. /lib.sh

load_ok
resample_works
finish
