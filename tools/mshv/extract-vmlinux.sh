#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Take the uncompressed ELF kernel out of an x86 bzImage.
#
# usage: extract-vmlinux.sh BZIMAGE VMLINUX
#
# The boot protocol's header names the place of the compressed payload
# (Documentation/arch/x86/boot.rst: setup_sects, payload_offset,
# payload_length), so nothing is searched for or guessed.
set -eu

[ $# -eq 2 ] || { echo "usage: $0 BZIMAGE VMLINUX" >&2; exit 2; }
image=$1
out=$2

u32() { od -An -tu4 -j"$1" -N4 "$image" | tr -d ' '; }

[ "$(od -An -c -j514 -N4 "$image" | tr -d ' ')" = HdrS ] || {
	echo "$0: $image is not a bzImage" >&2
	exit 1
}
sects=$(od -An -tu1 -j497 -N1 "$image" | tr -d ' ')
[ "$sects" -ne 0 ] || sects=4
start=$(((sects + 1) * 512 + $(u32 584)))
# The last four bytes of the payload hold its uncompressed size.
length=$(($(u32 588) - 4))

payload() { tail -c +$((start + 1)) "$image" | head -c "$length"; }

magic=$(payload | od -An -tx1 -N4 | tr -d ' ')
case $magic in
28b52ffd) unpack='zstd -dcq' ;;
fd377a58) unpack='xz -dc --single-stream' ;;
1f8b*) unpack='gzip -dc' ;;
*) echo "$0: unknown compression of the kernel (magic $magic)" >&2; exit 1 ;;
esac
payload | $unpack >"$out.tmp"
mv "$out.tmp" "$out"
