# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Shared by the scenarios with a kernel that has the driver built in. To be sourced
# after lib.sh.

no_module()
{
	[ ! -e "$MODULE" ] && ! grep mshv /proc/modules
}

# came_up - the kernel knew where it is, and the driver started by itself
came_up()
{
	dmesg | sed 's/^\[[^]]*\] //' >/tmp/log
	check "no module is involved" no_module
	check_line "the kernel knows that it is an L1VH" \
		'^Hyper-V: running as L1VH partition$' /tmp/log
	check "$DEVICE is there" test -c "$DEVICE"
}

# all_kselftests - all of them, none skipped
all_kselftests()
{
	for _program in /kselftests/*; do
		kselftest "$_program"
	done
	# shellcheck disable=SC2154 # from lib.sh
	check "no test was skipped, but $skipped" test "$skipped" = 0
}

# cpu1_leaves - a CPU goes and comes back, which the driver can't have seen at boot
cpu1_leaves()
{
	_cpu1=/sys/devices/system/cpu/cpu1/online
	check "CPU 1 goes offline" sh -c "echo 0 >$_cpu1"
	check "a guest runs on what is left" minivmm --guest=long
	check "CPU 1 comes back" sh -c "echo 1 >$_cpu1"
	check "a halted VP is woken on CPU 1" taskset 2 minivmm --guest=irq
}

# works - what a driver that was never loaded has to do as any other
works()
{
	check "the ioctls take good and refuse bad arguments" mshv_basic
	guests_run 1
	guests_run 2
	more_guests_run
	bad_guests_run
	signals_work
	all_kselftests
	cpu1_leaves
}
