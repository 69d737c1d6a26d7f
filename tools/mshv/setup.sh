#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Set up all that building and running need, under build/: a Debian root file
# system with the tools, the stock kernels, and the helper for machines without KVM.
#
# usage: tools/mshv/setup.sh [--with-source]
#
# Idempotent: what is there is kept. Packages come from the mirror that this
# system's apt is configured for. What was chosen is recorded in build/env.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tools/mshv/common.sh"

suite=trixie
series='7.2 7.3'	# first: what everything runs on; all: what the module is built for
tools='ca-certificates,gcc,make,libc6-dev,flex,bison,bc,libelf-dev,libssl-dev,ccache,sparse,busybox-static,python3,zstd,xz-utils,kmod,cpio,git,perl,rsync'
log=$build/log/setup.log

with_source=
case ${1:-} in
--with-source) with_source=1 ;;
'') ;;
*) echo "usage: $0 [--with-source]" >&2; exit 2 ;;
esac

# step TEXT - start a step; the time shows how long the one before it took
step()
{
	say "set-up: $*"
	echo "==== $*" >>"$log"
}

# quietly WHAT COMMAND... - run with output to the log
quietly()
{
	_what=$1
	shift
	"$@" >>"$log" 2>&1 </dev/null ||
		die "$_what failed: $(tail -n 1 "$log") (see build/log/setup.log)"
}

# The first thing to need the network says so, where apt itself is less plain.
check_reachable()
{
	_host=${uri#*://}
	_host=${_host%%/*}
	case $uri in
	http*) getent hosts "${_host%%:*}" >/dev/null ||
		[ -n "$(apt-config dump Acquire::http::Proxy)" ] ||
		die "no network: the Debian mirror $_host can't be found" ;;
	esac
}

check_machine()
{
	[ "$(uname -m)" = x86_64 ] || die "needs an x86-64 machine (this is $(uname -m))"
	_id=unknown
	[ -r /etc/os-release ] && _id=$(. /etc/os-release && echo "$ID ${ID_LIKE:-}")
	case " $_id " in
	*' debian '*) ;;
	*) die "needs Debian 12 or later (this is: $_id)" ;;
	esac
	# testing and sid have no VERSION_ID
	_version=$(. /etc/os-release && echo "${VERSION_ID:-99}")
	[ "${_id%% *}" != debian ] || [ "${_version%%.*}" -ge 12 ] ||
		die "needs Debian 12 or later (this is Debian $_version)"
	command -v apt-get >/dev/null || die "needs apt-get"
	[ "$(id -u)" = 0 ] || die "must run as root (chroot, mount namespaces)"
}

# The URI of the system's own Debian mirror
mirror()
{
	# shellcheck disable=SC2016 # apt-get's own format
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian \(.*\)$/\1/p' | head -n 1
}

check_network()
{
	uri=$(mirror)
	if [ -z "$uri" ]; then
		quietly 'apt-get update' apt-get update
		uri=$(mirror)
	fi
	[ -n "$uri" ] || die "no Debian mirror in this system's apt sources"
	check_reachable
}

get_mmdebstrap()
{
	command -v mmdebstrap >/dev/null && return 0
	step 'install mmdebstrap on this machine'
	quietly 'apt-get update (no network?)' apt-get update
	quietly 'installing mmdebstrap' apt-get install -y --no-install-recommends mmdebstrap
}

make_rootfs()
{
	[ -x "$rootfs/bin/sh" ] && return 0
	check_network
	get_mmdebstrap
	step "root file system ($suite, about 30 s)"
	rm -rf "$rootfs.tmp"
	quietly 'mmdebstrap (no network?)' mmdebstrap --variant=apt --include="$tools" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='APT::Sandbox::User "root"' \
		"$suite" "$rootfs.tmp" \
		"deb $uri $suite main" "deb $uri $suite-backports main"
	mkdir -p "$rootfs.tmp/mshv"
	cp /etc/resolv.conf "$rootfs.tmp/etc/resolv.conf" 2>/dev/null || true
	mv "$rootfs.tmp" "$rootfs"
}

# The newest kernel version of series $1 in the root file system's suites
newest()
{
	"$top/tools/mshv/chroot.sh" apt-cache pkgnames linux-binary-unsigned- |
		sed -n "s/^linux-binary-unsigned-\($1\.[0-9]*+deb[0-9]*-amd64\)\$/\1/p" |
		sort -V | tail -n 1
}

choose_kernels()
{
	quietly 'apt-get update in the root file system (no network?)' \
		"$top/tools/mshv/chroot.sh" apt-get update
	kvers=
	for _s in $series; do
		_k=$(newest "$_s")
		[ -n "$_k" ] || die "the mirror's $suite-backports has no kernel of series $_s"
		kvers="$kvers$_k "
	done
	kvers=${kvers% }
	kver=${kvers%% *}
}

install_packages()
{
	_headers=
	for _k in $kvers; do
		_headers="$_headers linux-headers-$_k"
	done
	step "kernel headers ($kvers) and QEMU (about 20 s)"
	# shellcheck disable=SC2086 # a list
	quietly 'installing kernel headers' "$top/tools/mshv/chroot.sh" \
		env DEBIAN_FRONTEND=noninteractive apt-get -y install $_headers
	quietly 'installing QEMU' "$top/tools/mshv/chroot.sh" \
		env DEBIAN_FRONTEND=noninteractive apt-get -y -t "$suite-backports" install qemu-system-x86
}

# download PACKAGE... - into the root file system's /dl
download()
{
	quietly "downloading $*" "$top/tools/mshv/chroot.sh" \
		sh -c 'mkdir -p /dl && cd /dl && apt-get download "$@"' sh "$@"
}

get_kernel()
{
	_dir=$build/kernels/$1
	[ -f "$_dir/vmlinux" ] && return 0
	step "stock kernel $1"
	download "linux-binary-unsigned-$1" "linux-modules-$1" "linux-base-$1"
	rm -rf "$_dir.tmp"
	mkdir -p "$_dir.tmp/tree"
	for _p in "$rootfs"/dl/linux-*"-$1"_*.deb; do
		quietly "unpacking $_p" dpkg-deb -x "$_p" "$_dir.tmp/unpack"
		rm "$_p"
	done
	mkdir -p "$_dir.tmp/tree/lib/modules"
	mv "$_dir.tmp/unpack/usr/lib/modules/$1" "$_dir.tmp/tree/lib/modules/$1"
	mv "$_dir.tmp/tree/lib/modules/$1/vmlinuz.unsigned" "$_dir.tmp/vmlinuz"
	ln -s "tree/lib/modules/$1/kernel" "$_dir.tmp/modules"
	rm -rf "$_dir.tmp/unpack" "$_dir"
	quietly 'extracting vmlinux' "$top/tools/mshv/chroot.sh" \
		tools/mshv/extract-vmlinux.sh "build/kernels/$1.tmp/vmlinuz" "build/kernels/$1.tmp/vmlinux"
	quietly 'depmod' "$top/tools/mshv/chroot.sh" \
		depmod -b "/mshv/build/kernels/$1.tmp/tree" "$1"
	mv "$_dir.tmp" "$_dir"
}

# get_source SERIES DIR - its source archive
get_source()
{
	_series=$1
	_dir=$2
	[ -f "$_dir/linux-source-$_series.tar.xz" ] && return 0
	step "kernel source $_series"
	download "linux-source-$_series"
	mkdir -p "$_dir"
	dpkg-deb --fsys-tarfile "$rootfs"/dl/linux-source-"$_series"_*.deb |
		tar -xO "./usr/src/linux-source-$_series.tar.xz" >"$_dir/.tmp"
	rm "$rootfs"/dl/linux-source-"$_series"_*.deb
	mv "$_dir/.tmp" "$_dir/linux-source-$_series.tar.xz"
}

# The first series is what everything runs on; the others are for 'make series'.
get_sources()
{
	_dir=$build/src
	for _s in $series; do
		get_source "$_s" "$_dir"
		_dir=$build/src/other
	done
}

# The state of a finished set-up: what was asked for, not what was found
recipe=$(echo "$suite $series $tools" | cksum | cut -d' ' -f1)
if [ -f "$build/env" ]; then
	# shellcheck source=/dev/null
	. "$build/env"
	if [ "${RECIPE:-}" = "$recipe" ]; then
		if [ -n "$with_source" ]; then
			mkdir -p "$build/log"
			get_sources
		fi
		exit 0
	fi
	say 'set-up: the recipe has changed'
	rm -f "$build/env"
	rm -rf "$rootfs" "$build/kernels" "$build/helper"
fi

check_machine
mkdir -p "$build/log"
: >"$log"
make_rootfs
choose_kernels
install_packages
for k in $kvers; do
	get_kernel "$k"
done
[ -z "$with_source" ] || get_sources
"$top/tools/mshv/chroot.sh" apt-get clean
cat >"$build/env.tmp" <<ENV
# Made by tools/mshv/setup.sh: what this build environment consists of
RECIPE=$recipe
SUITE=$suite
KVER=$kver
KVERS='$kvers'
QEMU_VERSION='$("$top/tools/mshv/chroot.sh" qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')'
ENV
mv "$build/env.tmp" "$build/env"
# shellcheck source=/dev/null
say "set-up: done ($kvers, QEMU $(. "$build/env" && echo "$QEMU_VERSION"))"
