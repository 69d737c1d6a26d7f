# SPDX-License-Identifier: GPL-2.0-only
# hvsim: --vmm-caps=none --cpus=1
# timeout: 120
# expect-trace: clean
#
# An L1VH whose hypervisor has no VMM capabilities: they are mandatory there.
. /lib.sh

load_fails EINVAL \
	'an L1VH partition must have VMM capabilities, but reading them failed: -EINVAL$'
load_fails EINVAL 'an L1VH partition must have VMM capabilities'
finish
