#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Lay this driver into a kernel tree, in place of the tree's own one.
#
# usage: laytree.sh [--wire] KERNELTREE
#
#   --wire	only take out the tree's own driver and refer to drivers/hv/mshv/
#
# Afterwards CONFIG_MSHV_ROOT of that tree builds drivers/hv/mshv/. The script
# can be repeated: only files that differ are written, files that went away
# here go away there, so an incremental build stays incremental.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)

die()
{
	echo "$0: $*" >&2
	exit 1
}

only_wire=
if [ "${1:-}" = --wire ]; then
	only_wire=1
	shift
fi
[ $# -eq 1 ] || { echo "usage: $0 [--wire] KERNELTREE" >&2; exit 2; }
tree=$1
[ -f "$tree/drivers/hv/hv_common.c" ] || die "$tree is not a kernel tree"

# The source files below DIR, relative to it, one on a line.
sources()
{
	[ -d "$1" ] || return 0
	(cd "$1" && find . -type f \( -name '*.[chS]' ! -name '*.mod.c' \
		-o -name Kconfig -o -name Makefile -o -name Kbuild \
		-o -name '*.rst' -o -name .kunitconfig \) | sort)
}

# Copy FROM to TO unless they are already the same.
lay()
{
	cmp -s "$1" "$2" && return 0
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2"
}

# Replace FILE by standard input unless it is already the same.
replace()
{
	cat >"$1.new"
	if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

# Make directory DIR of the tree a copy of ours.
lay_dir()
{
	sources "$top/$1" | while read -r f; do
		lay "$top/$1/$f" "$tree/$1/$f"
	done
	sources "$tree/$1" | while read -r f; do
		[ -e "$top/$1/$f" ] || rm "$tree/$1/$f"
	done
}

lay_all()
{
	lay_dir drivers/hv/mshv
	lay_dir Documentation/virt/hyperv/mshv
	for f in "$top"/include/hyperv/*.h "$top"/include/uapi/linux/mshv_*.h; do
		f=${f#"$top"/}
		lay "$top/$f" "$tree/$f"
	done
}

[ -n "$only_wire" ] || lay_all

# The tree's own driver. mshv.h and mshv_common.c stay: MSHV_VTL uses them.
for f in root_main.c root_hv_call.c root.h synic.c irq.c eventfd.c eventfd.h \
	portid_table.c regions.c debugfs.c debugfs_counters.c trace.c trace.h; do
	rm -f "$tree/drivers/hv/mshv_$f"
done

hv=$tree/drivers/hv

# Kconfig: the entry MSHV_ROOT up to the next one becomes a source line, unless
# there is one already.
awk '
	FNR == NR { have += /^source "drivers\/hv\/mshv\/Kconfig"$/; next }
	/^config MSHV_ROOT$/ { skip = 1; if (!have) print "source \"drivers/hv/mshv/Kconfig\"\n"; next }
	skip && /^(config|menu|endmenu|source|if|endif|choice)/ { skip = 0 }
	!skip
' "$hv/Kconfig" "$hv/Kconfig" | replace "$hv/Kconfig"
grep -q '^source "drivers/hv/mshv/Kconfig"$' "$hv/Kconfig" ||
	die "no entry for MSHV_ROOT in $hv/Kconfig"

# Makefile: drop the list of objects (with continuation lines), descend instead.
awk '
	/_NEXT\).*mshv\/$/ { next }
	/^mshv_root-/ { skip = 1 }
	skip { if (!/\\$/) skip = 0; next }
	/^obj-\$\(CONFIG_MSHV_ROOT\)/ { print "obj-$(CONFIG_MSHV_ROOT)\t\t+= mshv/"; next }
	{ print }
' "$hv/Makefile" | replace "$hv/Makefile"
grep -q 'CONFIG_MSHV_ROOT).*mshv/$' "$hv/Makefile" ||
	die "no line for MSHV_ROOT in $hv/Makefile"

# Documentation: the last page of the index is followed by ours.
index=$tree/Documentation/virt/hyperv/index.rst
if [ -f "$index" ] && ! grep -q ' mshv/index$' "$index"; then
	sed '$s,$,\n   mshv/index,' "$index" | replace "$index"
fi
