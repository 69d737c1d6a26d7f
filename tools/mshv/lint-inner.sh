#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The part of lint.sh that runs inside the build root file system.
#
# usage: KVER=... KVERS=... lint-inner.sh [CHECKER]...     (called by lint.sh)
set -eu

lint=build/lint
driver=drivers/hv/mshv
selftests=tools/testing/selftests/mshv
sparse=/mshv/$lint/sparse/usr/bin/sparse
skip=77		# a checker's status when it could not run

# Sources below the given directories, by kind.
c_files()
{
	find "$@" -name '*.[chS]' ! -name '*.mod.c' | sort
}

shell_files()
{
	{
		find tools .ci -type f -name '*.sh'
		find tools .ci -type f ! -name '*.*' -exec grep -l '^#!.*sh$' {} +
	} | sort
}

# missing COMMAND - can't check without it
missing()
{
	if command -v "$1" >/dev/null; then return 1; fi
	echo "SKIPPED: no $1, see $lint/tools.log"
}

# Checkers: print what is wrong and fail, or print notes and succeed. They are
# run by 'if', so that -e does not act in them.

# checkpatch_on [ARG]... - files on standard input. It wants an include/ to look
# for CamelCase in, and leaves a cache.
checkpatch_on()
{
	mkdir -p $lint/kernel/include
	GIT_DIR=/nonexistent xargs perl $lint/kernel/scripts/checkpatch.pl --no-tree \
		--root=$lint/kernel --strict --terse --no-summary --show-types "$@" -f
	_status=$?
	rm -f .checkpatch-camelcase.*
	return $_status
}

check_checkpatch()
{
	{
		c_files $driver include
		echo $driver/Kconfig $driver/Kbuild $driver/tests/Kbuild
		find Documentation/virt/hyperv/mshv -name '*.rst'
	} | checkpatch_on
}

# What programs of user space can't do, or need not:
#   ARRAY_SIZE BIT_MACRO PREFER_DEFINED_ATTRIBUTE_MACRO: use macros of the kernel
#   CAMELCASE: avoid names of the C library and of ELF
#   AVOID_EXTERNS: do without declarations of symbols in assembly
#   VOLATILE: do without volatile sig_atomic_t
#   STATIC_CONST_CHAR_ARRAY: have constant strings in an argv[]
#   MACRO_ARG_REUSE MACRO_WITH_FLOW_CONTROL: macros of the tests, which show what failed
#   COMPLEX_MACRO TRAILING_SEMICOLON: lists that are expanded by another macro
#   LONG_LINE_STRING: break what one wants to grep for
# Headers of assembly only look like C.
check_checkpatch_tools()
{
	c_files tools/testing/hvsim $selftests | grep -v '/guests/.*\.h$' |
		checkpatch_on --ignore ARRAY_SIZE,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO \
			--ignore CAMELCASE,AVOID_EXTERNS,VOLATILE,STATIC_CONST_CHAR_ARRAY \
			--ignore MACRO_ARG_REUSE,MACRO_WITH_FLOW_CONTROL \
			--ignore COMPLEX_MACRO,TRAILING_SEMICOLON,LONG_LINE_STRING
}

# kbuild VARIANT KVER [ARG]... - make the module in a directory of its own. The
# stock kernels have no KUnit; to compile the suites its headers are enough.
kbuild()
{
	_variant=$1
	_k=$2
	shift 2
	[ "$_variant" != kunit ] || set -- "$@" CONFIG_MSHV_KUNIT_TEST=y KBUILD_MODPOST_WARN=1 \
		KCFLAGS='-DCONFIG_KUNIT=1 -DCONFIG_MSHV_KUNIT_TEST=1'
	mkdir -p "$lint/module/$_k.$_variant"
	make -C "/usr/src/linux-headers-$_k" M="/mshv/$driver" \
		MO="/mshv/$lint/module/$_k.$_variant" "$@" modules 2>&1
}

# variants COMMAND... - run it with each variant and kernel, tell which failed
variants()
{
	_bad=0
	# shellcheck disable=SC2086 # a list
	for _v in $(printf 'plain:%s ' $KVERS) "kunit:$KVER"; do
		echo "== ${_v#*:} (${_v%:*})"
		"$@" "${_v%:*}" "${_v#*:}" || _bad=1
	done
	return $_bad
}

gcc_one()
{
	rm -rf "$lint/module/$2.$1"
	_out=$(kbuild "$1" "$2" -s W=1)
	_status=$?
	_out=$(echo "$_out" | grep -v -E '^WARNING: modpost: .*(kunit|suppressed)')
	[ -z "$_out" ] || echo "$_out"
	[ $_status -eq 0 ] && [ -z "$_out" ]
}

check_gcc()
{
	variants gcc_one
}

# C=2: all files, compiled already or not
sparse_one()
{
	_out=$(kbuild "$1" "$2" C=2 CHECK="$sparse")
	_status=$?
	echo "$(echo "$_out" | grep -c '^ *CHECK ') files checked"
	# Not gcc, nor modpost: that is check_gcc's business.
	_bad=$(echo "$_out" | grep -E 'mshv/.*: (warning|error):|is not available')
	[ -z "$_bad" ] || echo "$_bad"
	[ $_status -eq 0 ] && [ -z "$_bad" ] && echo "$_out" | grep -q '^ *CHECK '
}

check_sparse()
{
	_dir=/usr/src/linux-headers-${KVER%-*}-common
	if ! [ -x "$sparse" ]; then
		echo "SKIPPED: no sparse, see $lint/tools.log"
		return $skip
	elif [ "$("$_dir/scripts/checker-valid.sh" "$sparse")" != 1 ]; then
		echo "SKIPPED: $("$sparse" --version) is too old for this kernel"
		return $skip
	fi
	variants sparse_one
}

# in_tree NAME ARCH CONFIG [ARG]... - make the driver in the kernel tree, with the least
# configuration and file CONFIG added to it; what is said of our files is an error
in_tree()
{
	_o=/mshv/$lint/out-$1
	_arch=$2
	_config=$3
	shift 3
	mkdir -p "$_o"
	cat tools/mshv/series.config "$_config" >"$_o/fragment"
	if ! cmp -s "$_o/fragment" "$_o/fragment.used" || ! cmp -s $driver/Kconfig "$_o/kconfig.used"; then
		make -s -C $lint/linux O="$_o" ARCH="$_arch" "$@" \
			KCONFIG_ALLCONFIG="$_o/fragment" allnoconfig || return 1
		cp $driver/Kconfig "$_o/kconfig.used"
		cp "$_o/fragment" "$_o/fragment.used"
	fi
	# All of the driver anew: what was said the last time has to be said again.
	rm -rf "${_o:?}/$driver"
	_out=$(make -s -j"$(nproc)" -C $lint/linux O="$_o" ARCH="$_arch" "$@" W=1 $driver/ 2>&1)
	_status=$?
	_bad=$(echo "$_out" | grep -A5 -E '(hv/mshv/|hyperv/hvcall\.h).*(warning|error):')
	[ -z "$_bad" ] || echo "$_bad"
	[ $_status -eq 0 ] || { echo "$_out" | tail -n 20; return 1; }
	echo "$(find "$_o/$driver" -name '*.o' ! -name '*.mod.o' | wc -l) files compiled"
	[ -z "$_bad" ]
}

check_clang()
{
	missing clang-22 && return $skip
	in_tree clang x86_64 tools/mshv/lint-clang.config LLVM=-22 || return 1
	clang-22 --version | head -n 1
	if grep -q '^CONFIG_WARN_CONTEXT_ANALYSIS=y' $lint/out-clang/.config; then
		echo "with context analysis"
	else
		echo "without context analysis: this compiler or kernel does not have it"
	fi
}

check_arm64()
{
	missing aarch64-linux-gnu-gcc && return $skip
	in_tree arm64 arm64 tools/mshv/lint-arm64.config CROSS_COMPILE=aarch64-linux-gnu-
}

# One by one: the kernel's script ends at the first that can't be run here, such as
# those in OCaml. Some patches have no mode "report", and say so.
check_coccicheck()
{
	missing spatch && return $skip
	_bad=0
	_ran=0
	_all=0
	for _cocci in $(cd $lint/linux && find scripts/coccinelle -name '*.cocci' | sort); do
		_all=$((_all + 1))
		grep -q 'virtual report' "$lint/linux/$_cocci" || continue
		! grep -q '@script:ocaml\|@initialize:ocaml' "$lint/linux/$_cocci" || continue
		_out=$(make -s -C $lint/linux coccicheck MODE=report M=$driver J=1 \
			COCCI="/mshv/$lint/linux/$_cocci" 2>&1) ||
			{ echo "$_cocci failed:"; echo "$_out" | tail -n 3; _bad=1; continue; }
		_ran=$((_ran + 1))
		echo "$_out" | grep -E '\.[ch]:[0-9]+' | grep -v spatch && _bad=1
	done
	echo "$_ran of $_all semantic patches run"
	[ $_bad -eq 0 ] && [ $_ran -ne 0 ]
}

check_htmldocs()
{
	missing sphinx-build && return $skip
	# Sphinx keeps what it has read before, and then says nothing of it.
	rm -rf $lint/linux/Documentation/output
	_out=$(make -s -C $lint/linux htmldocs SPHINXDIRS=virt/hyperv 2>&1)
	_status=$?
	_bad=$(echo "$_out" | grep -E '(WARNING|ERROR|warning|error)' | grep mshv)
	[ -z "$_bad" ] || echo "$_bad"
	[ $_status -eq 0 ] || { echo "$_out" | tail -n 20; return 1; }
	echo "$(find $lint/linux/Documentation/output -path '*mshv*' -name '*.html' | wc -l) pages"
	[ -z "$_bad" ]
}

check_kernel_doc()
{
	_out=$(c_files $driver include |
		xargs python3 $lint/kernel/tools/docs/kernel-doc -none -Wall 2>&1) || _out="$_out
failed"
	[ -z "$_out" ] || { echo "$_out"; return 1; }
}

check_shellcheck()
{
	missing shellcheck && return $skip
	shell_files | xargs shellcheck -x
}

check_python()
{
	missing pyflakes3 && return $skip
	find tools -name '*.py' -exec python3 -c 'import sys
for name in sys.argv[1:]:
	compile(open(name).read(), name, "exec")' {} + &&
		find tools -name '*.py' -exec pyflakes3 {} +
}

# It can't know that start and end of something in assembly belong together; a
# test may well die when there is no memory.
check_cppcheck()
{
	missing cppcheck && return $skip
	cppcheck -q --std=c11 --check-level=exhaustive --inline-suppr --error-exitcode=1 \
		--enable=warning,performance,portability --suppress=subtractPointers \
		--suppress='nullPointerOutOfMemory:*/tests/*' \
		-Itools/testing/hvsim -I$selftests/lib tools/testing/hvsim $selftests 2>&1
}

check_spdx()
{
	_bad=$({
		c_files drivers include tools
		shell_files
		find drivers tools Documentation Makefile -name Makefile -o -name Kbuild \
			-o -name Kconfig -o -name '*.py' -o -name '*.mk' -o -name '*.rst'
	} | while read -r _f; do
		head -n 3 "$_f" | grep -q 'SPDX-License-Identifier: GPL-2.0' ||
			echo "$_f: no SPDX-License-Identifier"
	done)
	[ -z "$_bad" ] || { echo "$_bad"; return 1; }
}

# Aims are 400 lines a file and 60 a function; 450 is the wall.
check_size()
{
	# shellcheck disable=SC2016 # awk's own
	c_files $driver tools/testing/hvsim $selftests | xargs awk '
		FNR == 1 { last(); file = FILENAME; start = 0 }
		{ lines = FNR }
		/^[a-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
		/^{/ { start = FNR }
		/^}/ && start {
			if (FNR - start - 1 > 60)
				print FILENAME ":" start ": " name "() has " FNR - start - 1 " lines"
			start = 0
		}
		END { last(); exit bad }
		function last() {
			if (lines > 400)
				print file ": " lines " lines"
			if (lines > 450 && file ~ /^drivers.*c$/)
				bad = 1
		}'
}

# Not coccicheck, which takes minutes: make coccicheck
[ $# -gt 0 ] || set -- checkpatch checkpatch-tools gcc clang arm64 sparse \
	kernel-doc htmldocs shellcheck python cppcheck spdx size
passed=0
failed=0
skipped=0
for name; do
	log=$lint/$name.log
	start=$(date +%s)
	if "check_$(echo "$name" | tr - _)" >"$log" 2>&1; then status=0; else status=$?; fi
	time="$(($(date +%s) - start)) s"
	if [ $status -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok - $name ($time)"
	elif [ $status -eq $skip ]; then
		skipped=$((skipped + 1))
		echo "ok - $name # SKIP $(sed -n 's,^SKIPPED: ,,p' "$log")"
	else
		failed=$((failed + 1))
		echo "not ok - $name ($time)"
	fi
	head -n 60 "$log" | sed 's/^/    /'
done
[ $skipped -eq 0 ] || echo "SKIPPED: $skipped of the checkers, see above"
echo "lint: $passed passed, $failed failed"
[ $failed -eq 0 ]
