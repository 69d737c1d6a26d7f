# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The demo's part inside the L1 (run by the initramfs's /init): load the driver, run
# two child partitions at once, measure a cgroup's limit, unload. account.py reads what this prints.

echo "demo-kernel: $(uname -r) $(uname -v)"
dmesg | sed -n 's/.*Hyper-V: \(privilege flags.*\)/demo-hyperv: \1/p;s/.*\(Hypervisor detected:.*\)/demo-hyperv: \1/p'
insmod /lib/modules/mshv_root.ko || { dmesg | tail -n 5; exit 1; }
dmesg | sed -n 's/^\[[^]]*\] *\(mshv: .*\)/demo-driver: \1/p'
timeout 90 minivmm --guest=real --guest=long | sed 's/^/demo-vmm: /'
cpu_limit 12 2>&1 | sed 's/^/demo-limit: /'
rmmod mshv_root || exit 1
if dmesg | grep -E 'WARNING:|BUG:|Oops'; then exit 1; fi
echo "demo-end: module unloaded"
