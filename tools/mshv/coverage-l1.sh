# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The part of coverage.sh inside the L1, whose kernel has the driver built in: run
# the programs of /coverage.list one by one, then print the counters.
#
#   @ran NAME STATUS      a program has ended
#   @log TEXT             the kernel complained
#   @cut                  no time was left for the rest of the list
#   @gcov                 the counters follow, up to @end

read -r time </coverage.time

# bounded NAME SECONDS COMMAND...
bounded()
{
	_name=$1 _seconds=$2
	shift 2
	timeout -s KILL "$_seconds" "$@" </dev/null >/tmp/out 2>&1
	_status=$?
	[ $_status = 0 ] || sed 's/^/# /' /tmp/out
	echo "@ran $_name $_status"
}

programs()
{
	while read -r name seconds command; do
		uptime=$(cut -d. -f1 /proc/uptime)
		if [ $((uptime + seconds)) -ge "$time" ]; then
			echo "@cut"
			return
		fi
		# shellcheck disable=SC2086 # words they are
		bounded "$name" "$seconds" $command
	done </coverage.list
}

# A CPU goes while a guest is on it, and comes back; a VMM is killed.
disturb()
{
	_cpu1=/sys/devices/system/cpu/cpu1/online
	minivmm --guest=busy --timeout=60 >/dev/null 2>&1 &
	_vmm=$!
	sleep 1
	bounded cpu-goes 30 sh -c "echo 0 >$_cpu1"
	bounded one-cpu 30 minivmm --guest=long
	bounded cpu-comes 30 sh -c "echo 1 >$_cpu1"
	bounded two-cpus 30 minivmm --guest=long --vcpus=2
	kill -KILL $_vmm
	wait $_vmm 2>/dev/null
}

if [ -c /dev/mshv ]; then
	disturb
	programs
fi
dmesg | grep -E 'WARNING:|BUG:|Oops|protection fault|rcu.*stall|soft lockup' | sed 's/^/@log /'
dmesg | grep mshv | sed 's/^/# /'
echo "@gcov"
sh /gcov.sh
echo "@end"
