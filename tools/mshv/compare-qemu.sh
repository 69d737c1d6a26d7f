#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=busybox
# The part of compare.sh with QEMU, in the L1: boot Linux with some vCPUs.
#
# usage: compare_qemu CPUS

# shellcheck source=tools/testing/selftests/mshv/e2e/lib.sh
. /lib.sh
# shellcheck source=tools/testing/selftests/mshv/qemu/common.sh
. /qemu.sh

# shellcheck disable=SC2034 # for qemu.sh
patience=300
boots guest "$1"
echo "1..$tests"
[ "$failures" = 0 ]
