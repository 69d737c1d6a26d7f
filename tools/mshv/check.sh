#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# All tests. The last line is 'N passed, N failed'.
#
# usage: check.sh
#
# Each part's own output is in build/check/PART.log; the account here says what ran,
# how long it took and what failed.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"

logs=$build/check
passed=0
failed=0

# part NAME TEXT COMMAND... - run a part and count its last line 'NAME: N passed, N failed'.
# A part that ends badly without such a line counts as one failure, so that nothing
# which did not run can look like success.
part()
{
	name=$1
	text=$2
	shift 2
	say "$text"
	start=$(date +%s)
	status=0
	"$@" >"$logs/$name.log" 2>&1 || status=$?
	line=$(sed -n "s/^$name: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p" "$logs/$name.log" | tail -n 1)
	p=${line% *}
	f=${line#* }
	if [ -z "$line" ]; then
		p=0
		f=1
	elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	echo "$name: $p passed, $f failed ($(($(date +%s) - start)) s)"
	sed -n 's/^ok - .*# SKIP.*/    &/p' "$logs/$name.log"
	if [ "$f" -ne 0 ]; then
		grep -E '(^|[[:space:]])not ok ' "$logs/$name.log" | head -n 40 || true
		echo "    the end of build/check/$name.log (status $status):"
		tail -n 30 "$logs/$name.log" | sed 's/^/    | /'
	fi
}

# built NAME COMMAND... - a build step counts as one test
built()
{
	_name=$1
	shift
	if "$@"; then
		echo "$_name: 1 passed, 0 failed"
	else
		echo "$_name: 0 passed, 1 failed"
		return 1
	fi
}

# tap NAME COMMAND... - count the TAP lines of a command
tap()
{
	_name=$1
	shift
	_status=0
	"$@" >"$logs/$_name.tap" 2>&1 || _status=$?
	cat "$logs/$_name.tap"
	_ok=$(grep -c '^ok ' "$logs/$_name.tap" || true)
	_bad=$(grep -c '^not ok ' "$logs/$_name.tap" || true)
	[ "$_status" -eq 0 ] || [ "$_bad" -ne 0 ] || _bad=1
	[ "$_ok" -ne 0 ] || [ "$_bad" -ne 0 ] || _bad=1
	echo "$_name: $_ok passed, $_bad failed"
}

cd "$top"
"$top/tools/mshv/disk.sh" 8
"$top/tools/mshv/setup.sh" --with-source
mkdir -p "$logs"

part module 'the driver, as an external module for each stock kernel' built module make module
part hvsim 'hvsim' built hvsim make hvsim
part selftests 'the mini VMM and the test programs' built selftests make selftests
part unittest 'unit tests of hvsim and of the mini VMM' tap unittest make unittest
part e2e 'end to end: stock kernels as L1VH on hvsim (a few minutes)' make e2e
part qemu 'an unmodified QEMU boots Linux in the L1VH (a few minutes)' make check-qemu
part demo 'the demo' built demo make demo
part lint 'the checkers' make lint
part kunit "KUnit by the kernel's kunit.py (from nothing a few minutes)" make kunit
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
