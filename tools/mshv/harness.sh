#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Get the kernel's test harness for programs of user space out of the kernel source
# that set-up fetched, into build/src/kselftest/.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

dir=$build/src/kselftest
tar=$build/src/linux-source-$(echo "$KVER" | cut -d. -f1,2).tar.xz
[ -f "$tar" ] || die "no kernel source: run 'make setup-source' first"
tag="$(basename "$tar") $(stat -c %s "$tar")"
[ "$(cat "$dir/tag" 2>/dev/null)" != "$tag" ] || exit 0

say "the kernel's test harness (about 10 s)"
k=$(basename "$tar" .tar.xz)/tools/testing/selftests
rm -rf "$dir"
mkdir -p "$dir"
# Each file is there once: no need to read the archive to its end.
nice tar -xJf "$tar" -C "$dir" --strip-components=4 --occurrence=1 \
	"$k/kselftest.h" "$k/kselftest_harness.h"
echo "$tag" >"$dir/tag"
