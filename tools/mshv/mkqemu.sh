#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make a cpio archive with Debian's QEMU, as it is packaged, and a guest for it:
# to be appended to the L1's initramfs.
#
# usage: mkqemu.sh OUT.cpio
#
# In the archive: /usr/bin/qemu-system-x86_64 with its libraries and firmware,
# /guest/vmlinuz (the stock kernel) and /guest/initrd.img (busybox, virtio modules,
# tools/testing/selftests/mshv/qemu/guest-init as /init).
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"
need_setup

[ $# -eq 1 ] || { echo "usage: $0 OUT.cpio" >&2; exit 2; }
out=$1
dir=$(mktemp -d "$build/qemu.XXXXXX")
trap 'rm -rf "$dir"' EXIT
tree=$dir/tree
guest=$dir/guest
lib=usr/lib/x86_64-linux-gnu

# keep PATH - copy a file of the root file system to the same place
keep()
{
	mkdir -p "$tree/$(dirname "$1")"
	cp -L "$rootfs/$1" "$tree/$1"
}

qemu_files()
{
	keep usr/bin/qemu-system-x86_64
	"$top/tools/mshv/chroot.sh" ldd /usr/bin/qemu-system-x86_64 |
		sed -n 's|.*=> /\([^ ]*\) .*|\1|p' | while read -r file; do
		keep "$lib/${file##*/}"
	done
	mkdir -p "$tree/lib64"
	cp -L "$rootfs/usr/lib64/ld-linux-x86-64.so.2" "$tree/lib64/"
	keep usr/share/seabios/bios-256k.bin
	for rom in linuxboot_dma.bin kvmvapic.bin pvh.bin multiboot_dma.bin; do
		keep "usr/share/qemu/$rom"
	done
}

guest_files()
{
	mkdir -p "$guest/bin" "$guest/modules" "$guest/dev" "$guest/proc" "$guest/sys"
	cp "$busybox" "$guest/bin/busybox"
	install -m 755 "$top/tools/testing/selftests/mshv/qemu/guest-init" "$guest/init"
	for module in virtio_blk virtio_net; do
		"$top/tools/mshv/chroot.sh" modprobe -S "$KVER" -d "/mshv/build/kernels/$KVER/tree" \
			--show-depends "$module"
	done | while read -r verb path _; do
		[ "$verb" = insmod ] || continue
		file=$build/kernels/$KVER/modules/${path##*/kernel/}
		name=$(basename "$file" .xz)
		"$busybox" xzcat "$file" >"$guest/modules/$name"
		grep -qx "$name" "$guest/modules/order" 2>/dev/null || echo "$name" >>"$guest/modules/order"
	done
	mkdir -p "$tree/guest"
	cp "$build/kernels/$KVER/vmlinuz" "$tree/guest/vmlinuz"
	pack "$guest" >"$tree/guest/initrd.img"
}

mkdir -p "$tree"
qemu_files
guest_files
pack "$tree" >"$out.tmp"
mv "$out.tmp" "$out"
