# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Shared by the scenarios with QEMU: Debian's qemu-system-x86_64 as it is packaged, with
# Debian's kernel as its guest (see tools/mshv/mkqemu.sh). To be sourced after lib.sh.
#
# What a VM named NAME says is in /tmp/NAME, each line with the L1's uptime before it.

# Any wait's bound, in seconds. The machine may be busy with other things.
patience=300
cr=$(printf '\r')

# stamped - copy lines, with the time of each
stamped()
{
	while IFS= read -r _line; do
		read -r _now _ </proc/uptime
		echo "$_now ${_line%"$cr"}"
	done
}

# ended PID - the process is gone, or only waits to be waited for
ended()
{
	_state=Z
	read -r _ _ _state _ 2>/dev/null <"/proc/$1/stat"
	[ "$_state" = Z ]
}

# qemu_start NAME CPUS END [OPTION]... - start a VM in the background; END is what its
# guest does last (guest.end, see guest-init). Its pid is in /tmp/NAME.pid.
qemu_start()
{
	_name=$1 _cpus=$2 _end=$3
	shift 3
	rm -f "/tmp/$_name" "/tmp/$_name.fifo"
	mkfifo "/tmp/$_name.fifo"
	stamped <"/tmp/$_name.fifo" >"/tmp/$_name" &
	read -r _now _ </proc/uptime
	echo "$_now" >"/tmp/$_name.start"
	qemu-system-x86_64 -accel mshv -M q35,hpet=off,i8042=off,smbus=off -cpu host \
		-smp "$_cpus" -m 256 -nodefaults -vga none -display none -serial stdio \
		-kernel /guest/vmlinuz -initrd /guest/initrd.img \
		-append "console=ttyS0 reboot=a panic=-1 quiet pci=lastbus=0 guest.end=$_end" \
		"$@" </dev/null >"/tmp/$_name.fifo" 2>&1 &
	echo $! >"/tmp/$_name.pid"
}

# qemu_disk NAME - options for a disk of 4 MiB, with nothing on it
qemu_disk()
{
	dd if=/dev/zero of="/tmp/$1.disk" bs=1M count=4 2>/dev/null
	echo "-drive if=none,id=d,file=/tmp/$1.disk,format=raw -device virtio-blk-pci,drive=d"
}

# Options for a network of QEMU's own
qemu_net="-netdev user,id=n -device virtio-net-pci,netdev=n,romfile="

# qemu_pid NAME
qemu_pid()
{
	cat "/tmp/$1.pid"
}

# lines NAME PATTERN - how many lines of the VM match
lines()
{
	grep -Ec -e "$2" "/tmp/$1"
}

# said NAME PATTERN [TIMES] - the VM has said it, so often
said()
{
	[ "$(lines "$1" "$2")" -ge "${3:-1}" ]
}

# says TEXT NAME PATTERN [TIMES [COMMAND...]] - wait until the VM has said it; the command
# runs each second
says()
{
	_text=$1 _name=$2 _pattern=$3 _times=${4:-1} _left=$patience
	shift 3
	[ $# -eq 0 ] || shift
	while ! said "$_name" "$_pattern" "$_times" && [ $_left -gt 0 ] &&
	      ! ended "$(qemu_pid "$_name")"; do
		_left=$((_left - 1))
		sleep 1
		"$@"
	done
	cp "/tmp/$_name" "${out:?}"
	if said "$_name" "$_pattern" "$_times"; then
		ok "$_text"
	else
		note "'$_pattern' is not among what '$_name' said"
		not_ok "$_text"
	fi
}

# nudge PID - make each thread's MSHV_RUN_VP return EINTR. QEMU looks at its wish to stop a VP
# only then; it sends one signal, which is lost if it comes between two MSHV_RUN_VP. For a
# power-off or a reset, the guest writes to a port: QEMU stops the VP right after that exit.
nudge()
{
	kill -STOP "$1" && kill -CONT "$1"
}

# nudge_stuck PID - nudge a QEMU that waits for its VPs to stop: its main thread sleeps, though
# not in poll()
nudge_stuck()
{
	if grep -q futex "/proc/$1/stack" 2>/dev/null; then nudge "$1"; fi
}

# ends TEXT NAME STATUS - wait for QEMU's end
ends()
{
	_text=$1 _name=$2 _want=$3 _left=$patience _nudges=0
	_pid=$(qemu_pid "$_name")
	while ! ended "$_pid" && [ $_left -gt 0 ]; do
		_left=$((_left - 1))
		sleep 1
		if [ $_left -lt $((patience - 5)) ] && ! ended "$_pid"; then
			nudge "$_pid"
			_nudges=$((_nudges + 1))
		fi
	done
	if ! ended "$_pid"; then
		note "QEMU did not end in $patience s"
		for _task in /proc/"$_pid"/task/*; do
			note "$(cat "$_task/comm"): $(tr '\n' ' ' <"$_task/stack")"
		done
		kill -KILL "$_pid"
	fi
	wait "$_pid"
	_status=$?
	cp "/tmp/$_name" "${out:?}"
	[ $_nudges = 0 ] || note "QEMU missed its signal, and needed $_nudges more"
	check "$_text" test "$_status" = "$_want"
}

# boot_time NAME - seconds from QEMU's start to the guest's user space
boot_time()
{
	awk 'NR == FNR { start = $1; next }
	     /user space reached/ { printf "%.1f\n", $1 - start; exit }' \
		"/tmp/$1.start" "/tmp/$1"
}

# report NAME CPUS - for the record; qemu-report.py reads it
report()
{
	note "qemu: $1 with $2 vCPU(s): user space after $(boot_time "$1") s"
	grep 'guest: ' "/tmp/$1" | sed 's/^/#   /'
}

# boots NAME CPUS - a guest with disk and network, from start to power-off
boots()
{
	# shellcheck disable=SC2046,SC2086 # several options
	qemu_start "$1" "$2" poweroff -no-reboot $(qemu_disk "$1") $qemu_net
	says "$2 vCPU(s): the guest reaches user space" "$1" 'guest: user space reached'
	says "$2 vCPU(s): it has them all" "$1" "user space reached, $2 CPUs"
	says "$2 vCPU(s): what it wrote to its disk comes back" "$1" 'guest: disk: 1 MiB written'
	says "$2 vCPU(s): it reaches its network" "$1" 'guest: network: the gateway answers'
	ends "$2 vCPU(s): it powers off, and QEMU ends" "$1" 0
	report "$1" "$2"
	check "$2 vCPU(s): nothing holds the module" wait_for 10 unused
}

# boot_both - with one and with two vCPUs
boot_both()
{
	boots one 1
	boots two 2
}

# life_of_two - two VMs at once: one is killed while its guest is busy, and that does not
# harm the other, which resets its machine, boots again and powers off
#
# It has one vCPU: this QEMU says that it can't reset ("accelerator does not support reset!"),
# and indeed does not put further VPs back to where they wait for their start.
life_of_two()
{
	qemu_start victim 2 busy -no-reboot
	# shellcheck disable=SC2046 # several options
	qemu_start survivor 1 again $(qemu_disk survivor)
	says "the first of two VMs reaches user space" victim 'guest: user space reached'
	says "its guest is busy" victim 'guest: end: busy'
	check_status 1 "the module can't be unloaded now" rmmod mshv_root
	kill -KILL "$(qemu_pid victim)"
	ends "the first is killed" victim 137
	says "the second reaches user space" survivor 'guest: user space reached'
	says "what it wrote to its disk comes back" survivor 'guest: disk: 1 MiB written'
	says "its guest resets the machine" survivor 'guest: end: reboot'
	says "boots again" survivor 'guest: user space reached' 2 nudge_stuck "$(qemu_pid survivor)"
	says "has what it wrote before" survivor 'guest: end: poweroff'
	ends "and powers off" survivor 0
	check "nothing holds the module" wait_for 10 unused
}
