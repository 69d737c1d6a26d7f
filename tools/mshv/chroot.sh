#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run a command in the build root file system, with the project at /mshv.
#
# usage: tools/mshv/chroot.sh COMMAND [ARG]...
#
# The mounts live in a private mount namespace: nothing is left behind, and
# several commands can run at once.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
root=$top/build/rootfs

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARG]..." >&2; exit 2; }
[ -x "$root/bin/sh" ] || {
	echo "$0: no build root file system yet: run 'make setup' first" >&2
	exit 1
}
[ "$(id -u)" = 0 ] || { echo "$0: must run as root (chroot, mount namespaces)" >&2; exit 1; }
mkdir -p "$root/mshv"

# shellcheck disable=SC2016
exec unshare -m sh -c '
	set -e
	root=$1 top=$2
	shift 2
	mount --make-rprivate /
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount --bind "$top" "$root/mshv"
	exec chroot "$root" /usr/bin/env -i PATH=/usr/lib/ccache:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" CCACHE_DIR=/mshv/build/ccache \
		sh -c "cd /mshv && exec \"\$@\"" sh "$@"
' sh "$root" "$top" "$@"
