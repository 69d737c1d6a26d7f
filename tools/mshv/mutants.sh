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
passed=0
failed=0

# field NAME PATCH
field()
{
	sed -n "s/^$1: //p" "$2" | head -n 1
}

# said TEST RESULT TAP - did TEST (SUITE.CASE) say RESULT, "ok" or "not ok"?
said()
{
	grep -qE "^(\[[^]]*\])? +$2 [0-9]+ ${1#*.}( |\$)" "$3"
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
rm -f "$log"/*.tap
"$top/tools/mshv/kunit.sh" --log "$log/unchanged.tap" 'mshv*' >"$log/unchanged.log" 2>&1 ||
	say 'mutants: some tests fail anyway, see build/mutants/unchanged.log'
[ -s "$log/unchanged.tap" ] || die "nothing ran, see build/mutants/unchanged.log"

for patch in $patches; do
	name=$(basename "$patch" .patch)
	test=$(field Test "$patch")
	start=$(date +%s)
	why=
	said "$test" ok "$log/unchanged.tap" || why="$test does not pass without it"
	if [ -z "$why" ]; then
		"$top/tools/mshv/kunit.sh" --patch "$patch" --log "$log/$name.tap" \
			"${test%.*}" >"$log/$name.log" 2>&1 || :
		if ! [ -s "$log/$name.tap" ]; then
			why="it does not build, see build/mutants/$name.log"
		elif ! said "$test" 'not ok' "$log/$name.tap"; then
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
echo "mutants: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
