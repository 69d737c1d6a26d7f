#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make the initramfs of the helper (see hvsim-run).
#
# usage: mkhelper.sh OUT.img
set -eu

top=$(cd "$(dirname "$0")/../../.." && pwd)
. "$top/tools/mshv/common.sh"

[ $# -eq 1 ] || { echo "usage: $0 OUT.img" >&2; exit 2; }
need_setup
kver=$KVER
out=$1
tree=$build/kernels/$kver/tree
mkdir -p "$(dirname "$out")"

dir=$(mktemp -d "$build/helper.XXXXXX")
trap 'rm -rf "$dir"' EXIT
for d in bin dev modules proc sys tmp payload; do
	mkdir -p "$dir/$d"
done
cp "$busybox" "$dir/bin/busybox"
install -m 755 "$top/tools/testing/hvsim/helper-init" "$dir/init"
# In load order, as modprobe finds it in the kernel's own dependencies.
"$busybox" chroot / true 2>/dev/null || die "must run as root"
"$top/tools/mshv/chroot.sh" modprobe -S "$kver" -d "/mshv/${tree#"$top"/}" \
	--show-depends kvm-amd | while read -r verb path _; do
	[ "$verb" = insmod ] || continue
	file=$tree/lib/modules/${path##*/lib/modules/}
	name=$(basename "$file" .xz)
	case $file in
	*.xz) "$busybox" xzcat "$file" >"$dir/modules/$name" ;;
	*) cp "$file" "$dir/modules/$name" ;;
	esac
	echo "$name" >>"$dir/modules/order"
done
[ -s "$dir/modules/order" ] || die "no kvm-amd module for $kver"
pack "$dir" >"$out.tmp"
mv "$out.tmp" "$out"
