#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Break the driver on purpose, one rule at a time, and see whether the tests notice.
#
# usage: mutants.sh [PATTERN]...
#
# Each patch in mutants/ breaks one rule and names the test that has to fail; only the
# suite of that test runs. Before, the same suites have to pass on the driver as it is.
# The last line is "mutants: N passed, N failed": caught ones and missed ones.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"

dir=$top/tools/mshv/mutants
log=$build/mutants
test_log=$build/kunit/test.log
passed=0
failed=0

# field NAME PATCH
field()
{
	sed -n "s/^$1: //p" "$2" | head -n 1
}

# Test $1 (SUITE.CASE) said $2, "ok" or "not ok".
said()
{
	grep -qE "^(\[[^]]*\])? +$2 [0-9]+ ${1#*.}( |\$)" "$test_log"
}

[ $# -gt 0 ] || set -- '*'
mkdir -p "$log"
patches=
for pattern; do
	# shellcheck disable=SC2231 # a pattern
	for patch in "$dir"/$pattern.patch; do
		[ ! -f "$patch" ] || patches="$patches $patch"
	done
done
[ -n "$patches" ] || die "no such mutant, see tools/mshv/mutants/"

say 'mutants: the suites as they are'
"$top/tools/mshv/kunit.sh" 'mshv*' >"$log/unchanged.log" 2>&1 ||
	say 'mutants: some tests fail anyway, see build/mutants/unchanged.log'
cp "$test_log" "$log/unchanged.tap"

for patch in $patches; do
	name=$(basename "$patch" .patch)
	test=$(field Test "$patch")
	start=$(date +%s)
	why=
	cp "$log/unchanged.tap" "$test_log"
	said "$test" ok || why="$test does not pass without it"
	if [ -z "$why" ]; then
		rm -f "$test_log"
		"$top/tools/mshv/kunit.sh" --patch "$patch" "${test%.*}" >"$log/$name.log" 2>&1 || :
		if ! [ -s "$test_log" ]; then
			why="it does not build, see build/mutants/$name.log"
		elif ! said "$test" 'not ok'; then
			why="missed by $test"
		fi
	fi
	took="$(($(date +%s) - start)) s"
	if [ -z "$why" ]; then
		passed=$((passed + 1))
		echo "ok - $name: rule $(field Rule "$patch"), caught by $test ($took)"
	else
		failed=$((failed + 1))
		echo "not ok - $name: rule $(field Rule "$patch"), $why ($took)"
	fi
done
# The tree is to be as it was, for who builds it next.
"$top/tools/mshv/laytree.sh" "$build/kunit/linux"
echo "mutants: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
