# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Print the driver's counters: an archive, in base64. Runs in the kernel that
# coverage.sh measures, with busybox's programs.

mkdir -p /tmp/gcov
# Files there have no size: they have to be read to their end.
find /sys/kernel/debug/gcov -path '*/drivers/hv/mshv/*.gcda' | while read -r f; do
	cat "$f" >"/tmp/gcov/${f##*/}"
done
tar -c -z -C /tmp/gcov . | base64
