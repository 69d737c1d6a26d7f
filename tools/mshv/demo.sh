#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The demo: an unmodified Debian kernel boots as an L1VH partition of the simulated
# hypervisor, once with the integrated scheduler and once without; our driver
# finds out which and runs two child partitions accordingly.
#
# usage: demo.sh	('make demo' builds what it needs)
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

out=$build/demo
wrong=
mkdir -p "$out"
export HVSIM_TIMEOUT=240

# show NUMBER SCHEDULER TEXT
show()
{
	echo
	echo "=== $1 of 2: $3"
	boot_l1 "$out/$2.console" \
		--kernel="$build/kernels/$KVER/vmlinux" --initrd="$out/l1.img" \
		--append='console=ttyS0 quiet panic=-1' --cpus=2 --scheduler="$2" \
		--trace="$out/$2.trace"
	sed -n 's/^hvsim-run: mode \([^ ]*\).*/  hvsim runs by way of  : \1/p' "$out/$2.console" |
		sed "s|: kvm\$|: this machine's KVM|; s|: tcg\$|: QEMU TCG (no KVM here that can run a stock kernel)|"
	if [ "$status" -ne 0 ]; then
		tail -n 20 "$out/$2.console" >&2
		die "the L1 ended with status $status; its console is build/demo/$2.console"
	fi
	"$top/tools/mshv/chroot.sh" tools/mshv/account.py \
		"build/demo/$2.console" "build/demo/$2.trace" "$2" ||
		die "the demo did not show all that it should; see build/demo/"
}

echo "An L1VH partition is a VM that may create sibling VMs through the hypervisor. Who schedules"
echo "their virtual processors: the hypervisor (core scheduler), or the L1VH itself (integrated)?"
echo "Kernel: Debian's own $KVER, unmodified, sha256 of its vmlinuz:"
echo "  $(sha256sum "$build/kernels/$KVER/vmlinuz" | cut -d' ' -f1)"

"$top/tools/mshv/mkl1.sh" "$out/l1.img" --file "$build/selftests/minivmm:bin/minivmm" \
	--file "$top/tools/testing/selftests/mshv/cpu_limit.sh:bin/cpu_limit" \
	--run "$top/tools/mshv/demo-l1.sh"
show 1 integrated 'the hypervisor has the integrated scheduler enabled'
show 2 core 'the integrated scheduler is available but disabled'
echo
echo "In a cgroup with cpu.max at 25 %, a guest did this much of what a guest without a limit did:"
for s in integrated core; do
	share=$(sed -n 's/^demo-limit: share: \([0-9]*\).*/\1/p' "$out/$s.console")
	case $s in
	integrated)
		verdict='the limit holds'
		[ "${share:-100}" -le 35 ] || wrong=yes verdict='the limit should hold' ;;
	core)
		verdict='the limit does not hold: the hypervisor knows no cgroups'
		[ "${share:-0}" -ge 50 ] || wrong=yes verdict='the limit should not hold' ;;
	esac
	echo "${share:-0}" | awk -v name="$s" -v verdict="$verdict" '{
		bar = sprintf("%*s", ($1 > 100 ? 100 : $1) * 0.4, "")
		gsub(/ /, "#", bar)
		printf "  %-10s scheduler |%-40s| %3d %%  %s\n", name, bar, $1, verdict
	}'
done
[ -z "$wrong" ] || die "the measured shares are not as they should be; is the machine busy?"
echo
echo "demo: both schedulers were recognised and used"
