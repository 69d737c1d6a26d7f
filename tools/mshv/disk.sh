#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Check that the disk has room for what build/ does not hold yet.
#
# usage: disk.sh GIB	(the size of a complete build/)
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
need=$(($1 * 1024))
used=0
free=$(df -Pm "$top" | awk 'NR == 2 { print $4 }')
[ "$free" -ge "$need" ] && exit 0
# What is there already needs no room any more.
[ -d "$top/build" ] && used=$(du -sxm "$top/build" 2>/dev/null | cut -f1)
[ $((used + free)) -ge "$need" ] && exit 0
echo "disk.sh: needs $1 GiB for build/, of which $((used / 1024)) GiB are there; only $((free / 1024)) GiB are free" >&2
exit 1
