# SPDX-License-Identifier: GPL-2.0-only
# Shared by the end-to-end scenarios. They run in the L1, in busybox's shell,
# and speak TAP: source this file, run checks, call 'finish' last.

MODULE=/lib/modules/mshv_root.ko
DEVICE=/dev/mshv
tests=0
failures=0
out=/tmp/out

echo "TAP version 13"

# ok TEXT / not_ok TEXT - one result; not_ok shows what is in $out
ok()
{
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

not_ok()
{
	tests=$((tests + 1))
	failures=$((failures + 1))
	echo "not ok $tests - $1"
	[ ! -s "$out" ] || tail -n 20 "$out" | sed 's/^/#   /'
}

note()
{
	echo "# $*"
}

# check TEXT COMMAND... - the command must succeed
check()
{
	_text=$1
	shift
	if "$@" >"$out" 2>&1; then ok "$_text"; else not_ok "$_text"; fi
}

# check_status STATUS TEXT COMMAND... - the command must exit with STATUS
check_status()
{
	_want=$1 _text=$2
	shift 2
	"$@" >"$out" 2>&1
	_status=$?
	if [ $_status = "$_want" ]; then
		ok "$_text"
	else
		echo "(status $_status instead of $_want)" >>"$out"
		not_ok "$_text"
	fi
}

# check_line TEXT PATTERN [FILE] - a line of the last output (or of FILE) must
# match the extended regular expression
check_line()
{
	if grep -Eq -e "$2" "${3:-$out}"; then
		ok "$1"
	else
		note "no line matches '$2'"
		not_ok "$1"
	fi
}

check_no_line()
{
	if grep -E -e "$2" "${3:-$out}" >/tmp/unwanted; then
		sed 's/^/#   unwanted: /' /tmp/unwanted
		not_ok "$1"
	else
		ok "$1"
	fi
}

# wait_for SECONDS COMMAND... - until the command succeeds
wait_for()
{
	_tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		_tries=$((_tries - 1))
		[ $_tries -gt 0 ] || return 1
		sleep 0.1
	done
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

# The kernel's log: log_mark remembers where it ends, log_new shows the rest.
log_mark()
{
	mark=$(dmesg | wc -l)
}

log_new()
{
	dmesg | tail -n +$((mark + 1)) | sed 's/^\[[^]]*\] //'
}

loaded()
{
	grep -q '^mshv_root ' /proc/modules
}

unused()
{
	[ "$(cat /sys/module/mshv_root/refcnt)" = 0 ]
}

# load / unload - with the new kernel messages in /tmp/log; $params are for the
# module
params=
load()
{
	log_mark
	mshv_load $MODULE "$params"
	_status=$?
	log_new >/tmp/log
	return $_status
}

# Descriptors are released a moment after their process is gone.
unload()
{
	wait_for 10 unused || { echo "module still in use"; return 1; }
	log_mark
	rmmod mshv_root
	_status=$?
	log_new >/tmp/log
	return $_status
}

# load_ok - load, and look at the device
load_ok()
{
	check "the module loads" load
	check "$DEVICE is there" test -c $DEVICE
}

unload_ok()
{
	check "the module can be unloaded" unload
	check "$DEVICE is gone" test ! -e $DEVICE
}

# load_fails ERRNO LOG-PATTERN - load must fail and leave nothing
load_fails()
{
	check_status 1 "the module does not load" load
	check_line "with $1" ": $1\$"
	check_line "one line says why" "^mshv: $2" /tmp/log
	check "no more than that line is logged, but for the version" \
		test "$(grep '^mshv: ' /tmp/log | grep -vc 'Microsoft hypervisor')" = 1
	check "$DEVICE is not there" test ! -e $DEVICE
	if loaded; then not_ok "the module is not in memory"; else ok "the module is not in memory"; fi
}

# scheduler_is NAME LOGIC WHY - what the load just logged
scheduler_is()
{
	check_line "log: $1 scheduler, $2-scheduler logic, because $3" \
		"^mshv: L1VH partition, $1 scheduler: running vCPUs with $2 scheduler logic \\($3\\)\$" /tmp/log
}

# kselftest PROGRAM - run a program that speaks TAP itself: its results become
# ours, what else it says becomes comments. The plan has to be kept. The number
# of tests that were skipped is added to $skipped.
skipped=0
kselftest()
{
	_name=${1##*/} _ran=0 _plan=none _bad=0
	note "$_name"
	{ "$1" 2>&1; echo "status $?"; } | tee /tmp/tap |
		sed -e '/^ok /d' -e '/^# *\(RUN\|OK\) /d' -e 's/^/# /'
	: >$out
	while IFS= read -r _line; do
		case $_line in
		1..*) _plan=${_line#1..} ;;
		"ok "*"# SKIP"*)
			_ran=$((_ran + 1)) skipped=$((skipped + 1))
			ok "$_name: ${_line#ok * }" ;;
		"ok "*)
			_ran=$((_ran + 1))
			ok "$_name: ${_line#ok * }" ;;
		"not ok "*)
			_ran=$((_ran + 1)) _bad=1
			not_ok "$_name: ${_line#not ok * }" ;;
		esac
	done </tmp/tap
	check "$_name: all of its $_plan tests were run" test "$_ran" = "$_plan"
	check "$_name: its exit status agrees" grep -qx "status $_bad" /tmp/tap
}

# kselftests - all of them. With this driver and on hvsim none is skipped, but for
# what the arguments allow: a number.
kselftests()
{
	for _program in /kselftests/*; do
		kselftest "$_program"
	done
	check "no more than $1 tests are skipped" test "$skipped" -le "$1"
	check "nothing holds the module" wait_for 10 unused
}

# guests_run VPS - the two main guests, side by side
guests_run()
{
	_last=$(($1 - 1))
	check "two guests with $1 VP(s) each run to their end" \
		minivmm --guest=real,long --vcpus="$1"
	cp $out /tmp/guests
	for _vp in $(seq 0 $_last); do
		check_line "real mode: VP $_vp greets" \
			"^guest 1: real mode: hello from VP $_vp\$" /tmp/guests
		check_line "64-bit mode: VP $_vp greets" \
			"^guest 2: long mode: hello from VP $_vp\$" /tmp/guests
		check_line "64-bit mode: VP $_vp halts" \
			"^guest 2 VP $_vp: halted\$" /tmp/guests
	done
	check_line "real mode: it computes" "^guest 1: real mode: 1 .* 10 = 55\$" /tmp/guests
	check_line "64-bit mode: it computes" "^guest 2: long mode: 1 .* 100 = 5050\$" /tmp/guests
	check_line "real mode: CPUID is answered by the VMM" \
		"^guest 1: real mode: CPUID vendor MiniVmmGuest\$" /tmp/guests
	check_line "64-bit mode: CPUID is answered by the VMM" \
		"^guest 2: long mode: CPUID vendor MiniVmmGuest\$" /tmp/guests
	check_line "real mode: MMIO works" \
		"^guest 1: real mode: MMIO device mshv, sum 55\$" /tmp/guests
	check_line "64-bit mode: MMIO works" \
		"^guest 2: long mode: MMIO device mshv, scratch 6 of 6, sum 55\$" /tmp/guests
	check_line "real mode: exits are as expected" \
		"^guest 1 exits: io=[0-9]+ mmio=$((5 * $1)) hlt=$1 cpuid=$1 msr=0 memory=0 unrecoverable=0 other=0" /tmp/guests
	check_line "64-bit mode: exits are as expected" \
		"^guest 2 exits: io=[0-9]+ mmio=$((23 * $1)) hlt=$1 cpuid=$1 msr=0 memory=0 unrecoverable=0 other=0" /tmp/guests
}

# Guests that use a feature each
more_guests_run()
{
	check "string I/O works" minivmm --guest=string
	check_line "string output arrived" "^guest 1: string: rep outsb works\$"
	check_line "string input arrived" "^guest 1: string: input is right\$"
	check "MSR accesses are answered by the VMM" minivmm --guest=msr
	check_line "a read and a write of the MSR" "msr=2 "
	check "a halted VP is woken by interrupts" minivmm --guest=irq
	check_line "it took three of them" "^guest 1: irq: interrupts taken: 3\$"
	check "8 MiB of extra memory work" minivmm --guest=mem --memory=8
	check_line "each page is its own" "^guest 1: memory: sum over all pages is 2098176\$"
	check_status 3 "an exit code comes through" minivmm --guest=exit
	check_line "it is 7" "^guest 1 VP 0: exit code 7\$"
	check "four partitions at once" minivmm --guest=real,long --count=4
}

# Guests that do wrong must not harm anyone
bad_guests_run()
{
	check_status 3 "a triple fault ends the guest" minivmm --guest=tfault
	check_line "it is an unrecoverable exception" "unrecoverable=1 "
	check_status 3 "a read of nothing is reported" minivmm --guest=unmapped
	check_line "with its address" "ended by read of 0x3f000000"
	check_status 3 "execution of nothing is reported" minivmm --guest=jump
	check_line "with its address" "ended by execute of 0x3f000000"
	check_status 3 "a write to read-only memory is reported" minivmm --guest=rowrite
	check_line "with its address" "ended by write of 0xc0000"
	check_line "reading it works" "^guest 1: rowrite: reading works"
	check "a triple fault does not harm another guest" \
		sh -c 'minivmm --guest=tfault,long | grep -q "^guest 2 VP 0: halted"'
}

signals_work()
{
	check "a signal ends RUN_VP of a spinning VP" mshv_signal busy
	check "a signal ends RUN_VP of a sleeping VP" mshv_signal sleep
	check "a signal that is pending before entry ends RUN_VP" mshv_signal pending
	check "signals and exits do not starve each other" mshv_signal storm
	check "a VMM can be stopped and continued" mshv_signal stop
	check "a VMM can stop a spinning guest" minivmm --guest=busy --duration=300
	check "a VMM can stop a sleeping guest" minivmm --guest=sleep --duration=300
}

# in_background GUEST [PREFIX...] - start a VMM whose guest never ends, by way of
# the prefix command; its pid is in $vmm
in_background()
{
	_guest=$1
	shift
	"$@" minivmm --guest="$_guest" --timeout=120 >/tmp/background 2>&1 &
	vmm=$!
	wait_for 20 grep -q '^guest 1: ' /tmp/background
}

# killed GUEST - SIGKILL in the middle of RUN_VP
killed()
{
	check "a '$1' guest runs" in_background "$1"
	kill -KILL "$vmm"
	wait "$vmm" 2>/dev/null
	check "nothing of it is left after SIGKILL" wait_for 10 unused
}

sigkill_works()
{
	killed busy
	killed storm
	killed sleep
	unload_ok
	load_ok
}

busy_module_stays()
{
	check "a guest runs" in_background busy
	check_status 1 "the module can't be unloaded while a guest runs" rmmod mshv_root
	kill -TERM "$vmm"
	wait "$vmm" 2>/dev/null
	check "after its end the module is unused" wait_for 10 unused
}

# cpus_come_and_go - needs a second CPU
cpus_come_and_go()
{
	_cpu1=/sys/devices/system/cpu/cpu1/online
	check "CPU 1 goes offline" sh -c "echo 0 >$_cpu1"
	check "a guest runs on what is left" minivmm --guest=long
	check "CPU 1 comes back" sh -c "echo 1 >$_cpu1"
	check "a guest runs on CPU 1" taskset 2 minivmm --guest=long
	check "a halted VP is woken on CPU 1" taskset 2 minivmm --guest=irq
	check "a guest spins on CPU 1" in_background busy taskset 2
	check "CPU 1 goes offline under it" sh -c "echo 0 >$_cpu1"
	check "the guest lives" kill -0 "$vmm"
	kill -TERM "$vmm"
	wait "$vmm" 2>/dev/null
	check "after its end the module is unused" wait_for 10 unused
	check "the module can be unloaded with CPU 1 offline" unload
	load_ok
	check "CPU 1 comes back" sh -c "echo 1 >$_cpu1"
	check "two guests run on two CPUs" minivmm --guest=busy --count=2 --duration=300
}

# limit_runs N - run a guest limited to 25 % beside a free one, N times for 10 seconds:
# $share is the median of what the limited one got, in percent of the free one, and
# $ticks of the guest time that the kernel accounted
limit_runs()
{
	: >/tmp/runs
	for _i in $(seq "$1"); do
		check "two counting guests run for 10 seconds, $_i of $1" cpu_limit 10
		note "$(tr '\n' ' ' <"$out")"
		cat "$out" >>/tmp/runs
	done
	share=$(sed -n 's/^share: //p' /tmp/runs | sort -n | sed -n "$((($1 + 1) / 2))p")
	ticks=$(sed -n 's/^guest-time: //p' /tmp/runs | sort -n | sed -n "$((($1 + 1) / 2))p")
	: "${share:=0}" "${ticks:=-1}"
}

# steps_sweep - walk through a partition's life again and again until nothing
# fails; the hypervisor lets one call fail each time, by --fail. What failed is
# in /tmp/sweep, one line for each round.
steps_sweep()
{
	: >/tmp/sweep
	for _round in $(seq 1 40); do
		if mshv_steps >/tmp/step 2>&1; then
			break
		fi
		grep -v '^#' /tmp/step | tail -n 1 >>/tmp/sweep
		if ! wait_for 10 unused; then
			echo "round $_round: module still in use" >>/tmp/sweep
			break
		fi
	done
	sed 's/^/# sweep: /' /tmp/sweep
	cp /tmp/step $out
	check_line "the chain succeeds in the end" '^all steps done$'
	check "nothing holds the module" wait_for 10 unused
}

# failed_step STEP ERRNO WHAT [TIMES] - the sweep must have met this
failed_step()
{
	cp /tmp/sweep $out
	_met=$(grep -Ec "^step $1: $2\$" $out)
	if [ "$_met" -ge "${4:-1}" ]; then
		ok "$3: $1 fails with $2"
	else
		note "step $1 failed $_met times with $2"
		not_ok "$3: $1 fails with $2"
	fi
}

reload_works()
{
	for _round in 1 2 3; do
		unload_ok
		load_ok
	done
	check "a guest runs after that" minivmm --guest=long
}

memory_moves()
{
	check "memory is populated when the guest touches it" mshv_movable lazy
	check "2 GiB of which little is used cost little" mshv_movable sparse
	check "what the VMM drops reads as zero" mshv_movable dontneed
	check "pages that were moved away are gone, others take their place" mshv_movable mremap
	check "a child's copy of the memory stays as it was" mshv_movable fork
	check "memory is read only by the region or by the VMM's mapping" mshv_movable readonly
	check "a hole is reported, and can be filled" mshv_movable hole
	check "the same memory can be at two places" mshv_movable alias
	check "device memory is refused" mshv_movable device
	check "huge pages and migration do not disturb the guest" mshv_churn churn
	sed 's/^/# /' $out
	check "pages that were freed are not written to" mshv_churn canary
	sed 's/^/# /' $out
	check "a region can go and come while the guest faults in it" mshv_churn unmap
	sed 's/^/# /' $out
}

doorbells_ring()
{
	check "a write signals the eventfd and does not come to the VMM" mshv_doorbell write
	check "the size of the write has to match" mshv_doorbell size
	check "the value has to match, if one is given" mshv_doorbell match
	check "a deassigned eventfd is silent" mshv_doorbell deassign
	check "each form of the instruction rings" mshv_doorbell forms
	check "the last of many writes is heard" mshv_doorbell burst
	sed 's/^/# /' $out
	check "a VMM may leave its ioeventfds behind" mshv_doorbell leave
	check "nothing of it is left" wait_for 10 unused
}

# three_at_once COMMAND... - all must succeed
three_at_once()
{
	"$@" &
	_first=$!
	"$@" &
	_second=$!
	"$@"
	_status=$?
	wait $_first || _status=$?
	wait $_second || _status=$?
	return $_status
}

# resample_works - level-triggered lines
resample_works()
{
	check "the end of an interrupt is told, and it can be raised again" mshv_resample level
	check "the same with an x2APIC" mshv_resample x2apic
	check "what is raised during an interrupt comes after it" mshv_resample pending
	check "no end of many is lost" mshv_resample again
	check "nor with three guests at once" three_at_once mshv_resample again
	check "the end of an edge is not told" mshv_resample edge
	check "all lines that share a vector are told" mshv_resample shared
	check "a deassigned line is not told" mshv_resample deassign
	check "an eventfd can be closed during an interrupt" mshv_resample closed
	check "a VMM may end during an interrupt" mshv_resample leave
	check "nothing of it is left" wait_for 10 unused
}

dirty_pages_are_known()
{
	check "dirty pages are those that were written, and start anew after a clear" \
		mshv_dirty dirty
	check "accessed pages are those that were touched" mshv_dirty accessed
	check "bits can be set" mshv_dirty set
	check "tracking can begin late and end" mshv_dirty late
	check "a part of a huge page can be cleared" mshv_dirty large
	sed 's/^/# /' $out
	check "20001 pages at once" mshv_dirty many
	check "what was written stays dirty wherever the kernel moves it" mshv_dirty moved
	check "a guest runs after that" minivmm --guest=long
}

# finish - unload if need be, look at the kernel's log, print the plan
finish()
{
	if loaded; then
		unload_ok
	fi
	dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace|protection fault|rcu.*stall|soft lockup|hung_task|possible (circular|recursive)' >$out
	if [ -s $out ]; then
		dmesg | grep -A 40 -m 1 -E 'WARNING:|BUG:|Oops|Call Trace' | sed 's/^/# /'
		not_ok "the kernel's log has no warning, bug or oops"
	else
		ok "the kernel's log has no warning, bug or oops"
	fi
	dmesg | grep 'mshv' | sed 's/^/# /' | head -n 60
	echo "1..$tests"
	[ $failures = 0 ]
	exit
}
