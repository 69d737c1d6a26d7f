# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The part of compare.sh inside the L1: load the driver, run the programs of
# /compare.list one by one, and say how each of them ended. compare.py reads this.
#
#   @load STATUS          loading the module ended so
#   @begin NAME           a program begins; its output follows
#   @end NAME STATUS      it has ended; "stuck": it could not even be killed
#   @log NAME TEXT        the kernel complained meanwhile
#   @held NAME            after it something still holds the module: the boot ends
#   @unload STATUS        unloading the module ended so

MODULE=/lib/modules/mshv_root.ko

complaints()
{
	dmesg | grep -E 'WARNING:|BUG:|Oops|protection fault|rcu.*stall|soft lockup' |
		head -n 3 | sed "s/^\(\[[^]]*\] *\)*/@log $1 /"
}

# Descriptors are released a moment after their process is gone.
released()
{
	_left=100
	while [ "$(cat /sys/module/mshv_root/refcnt)" != 0 ]; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || return 1
		sleep 0.1
	done
}

# ended PID SECONDS - wait that long for its end
ended()
{
	_left=$2
	while kill -0 "$1" 2>/dev/null; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || return 1
		sleep 1
	done
}

# Where the tasks in the driver are
stacks()
{
	for _task in /proc/[0-9]*/task/[0-9]*; do
		grep -q mshv "$_task/stack" 2>/dev/null &&
			echo "# $(cat "$_task/comm"): $(tr '\n' ' ' <"$_task/stack")"
	done
}

mshv_load $MODULE
status=$?
echo "@load $status"
dmesg | grep mshv | sed 's/^/# /'
[ $status = 0 ] || exit 0

read -r time </compare.time
while read -r name seconds command; do
	# Rather a boot more than one that is cut short
	uptime=$(cut -d. -f1 /proc/uptime)
	[ $((uptime + seconds)) -lt "$time" ] || [ "$uptime" -lt 60 ] || exit 0
	dmesg -c >/dev/null
	echo "@begin $name"
	# shellcheck disable=SC2086 # words they are
	timeout -s KILL "$seconds" $command </dev/null 2>&1 &
	if ! ended $! $((seconds + 10)); then
		stacks
		echo "@end $name stuck"
		echo "@held $name"
		exit 0
	fi
	wait $!
	status=$?
	[ $status = 0 ] || dmesg | tail -n 4 | sed 's/^/# kernel: /'
	printf '\n@end %s\n' "$name $status"
	complaints "$name"
	released && continue
	echo "@held $name"
	exit 0
done </compare.list
rmmod mshv_root
echo "@unload $?"
