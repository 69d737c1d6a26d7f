# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --partition=guest --cpus=1
# timeout: 120
# expect-trace: clean
#
# A partition that may not create others has no use for the driver.
. /lib.sh

load_fails ENODEV '.*guest'
finish
