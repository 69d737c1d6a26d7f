# SPDX-License-Identifier: GPL-2.0-only
# The front door: 'make demo' shows what it does, 'make check' tests it.
#
# In a kernel tree this file is not used: drivers/hv/mshv/Makefile is.

TOP   := $(CURDIR)
BUILD := $(TOP)/build
TOOLS := $(TOP)/tools/mshv

MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup setup-source demo check module hvsim selftests programs unittest kunit e2e check-qemu qemu-report lint clean distclean
.PHONY: series check-series coverage mutants compare coccicheck

help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

## Two commands do everything, set-up included:
##
##   make demo       boot a stock Debian kernel as an L1VH on the simulated hypervisor, load the
##                   driver, run guests under both schedulers, and tell what happened
##   make check      all tests; the last line is 'N passed, N failed'
##
## Their parts:
##
##   make setup      the build environment under build/ (Debian root file system, kernels, QEMU)
##   make module     the driver as an external module; KDIR=DIR for a kernel of your own
##                   (default: every kernel that set-up fetched)
##   make hvsim      the hypervisor simulator; try build/hvsim/hvsim --help
##   make selftests  the mini VMM and the selftests' programs
##   make unittest   unit tests of hvsim and of the mini VMM
##   make kunit      the driver's KUnit suites, run by the kernel's own kunit.py
##   make e2e        the end-to-end scenarios; SCENARIO=NAME for one of them
##   make check-qemu an unmodified QEMU boots Linux in the L1VH; SCENARIO=NAME for one of them
##   make lint       the checkers: checkpatch, gcc W=1, clang, sparse, kernel-doc, shellcheck, ...;
##                   CHECKER=NAME for one of them
##   make coccicheck the kernel's semantic patches over the driver; takes minutes, not part of lint
##
## About the driver in a kernel tree, and about its tests:
##
##   make series     the driver as patches, in build/series/; KTREE=TREE for a kernel's git tree
##                   or source of your own (default: the sources that set-up fetched)
##   make check-series   the same; build each patch, link the driver into a kernel and as a
##                   module, and boot both kernels as an L1VH (a quarter of an hour for a source)
##   make qemu-report    what the boots of the last 'make check-qemu' cost: time, exits, hypercalls
##   make coverage   which lines and branches of the driver the KUnit suites reach, and which the
##                   programs in an L1VH; RUN=NAME for one of its boots (a quarter of an hour)
##   make mutants    break ten rules of the driver on purpose: do the tests notice?;
##                   MUTANT=PATTERN for some of them
##   make compare    the same programs with this driver and with the kernel's own one, on a kernel
##                   that has it: where do they differ? (half an hour)
##
##   make clean      remove what was built (the downloads stay)
##   make distclean  remove build/ altogether

setup:
	@$(TOOLS)/disk.sh 4
	@$(TOOLS)/setup.sh

setup-source:
	@$(TOOLS)/disk.sh 8
	@$(TOOLS)/setup.sh --with-source

ifdef KDIR
module:
	@$(TOOLS)/module.sh --kdir $(KDIR)
else
module: setup
	@$(TOOLS)/module.sh
endif

$(BUILD)/helper/helper.img: tools/testing/hvsim/helper-init tools/testing/hvsim/mkhelper.sh | setup
	@tools/testing/hvsim/mkhelper.sh $@

$(BUILD)/helper/qemu-system-x86_64: tools/testing/hvsim/fixqemu.py | setup
	@mkdir -p $(@D)
	@$(TOOLS)/chroot.sh $< /usr/bin/qemu-system-x86_64 /mshv/build/helper/qemu-system-x86_64

hvsim: setup $(BUILD)/helper/helper.img $(BUILD)/helper/qemu-system-x86_64
	@$(TOOLS)/chroot.sh $(MAKE) -s -C tools/testing/hvsim O=/mshv/build/hvsim

selftests: setup-source
	@$(TOOLS)/harness.sh
	@$(TOOLS)/chroot.sh $(MAKE) -s -C tools/testing/selftests/mshv O=/mshv/build/selftests \
		KSELFTEST=/mshv/build/src/kselftest

# Without those that need the kernel's source
programs: setup
	@$(TOOLS)/chroot.sh $(MAKE) -s -C tools/testing/selftests/mshv O=/mshv/build/selftests

unittest: setup
	@$(TOOLS)/chroot.sh $(MAKE) -s -C tools/testing/hvsim O=/mshv/build/hvsim unittest
	@$(TOOLS)/chroot.sh $(MAKE) -s -C tools/testing/selftests/mshv O=/mshv/build/selftests unittest

demo: module hvsim programs
	@$(TOOLS)/demo.sh

kunit: setup-source
	@$(TOOLS)/kunit.sh

e2e: module hvsim selftests
	@$(TOOLS)/e2e.sh $(SCENARIO)

check-qemu: module hvsim programs
	@$(TOOLS)/e2e.sh --suite qemu $(SCENARIO)

qemu-report: setup
	@$(TOOLS)/chroot.sh tools/mshv/qemu-report.py build/qemu

lint: setup-source
	@$(TOOLS)/lint.sh $(CHECKER)

coccicheck: setup-source
	@$(TOOLS)/lint.sh coccicheck

check:
	@$(TOOLS)/check.sh

series: setup-source
	@$(TOOLS)/series.sh $(KTREE)

check-series: setup-source hvsim selftests
	@$(TOOLS)/series.sh --verify $(KTREE)
	@$(TOOLS)/series-boot.sh $(KTREE)

coverage: setup-source hvsim selftests
	@$(TOOLS)/coverage.sh $(RUN)

mutants: setup-source
	@$(TOOLS)/mutants.sh $(MUTANT)

compare: setup-source hvsim selftests
	@$(TOOLS)/compare.sh

clean:
	rm -rf $(BUILD)/module $(BUILD)/hvsim $(BUILD)/selftests $(BUILD)/kunit $(BUILD)/demo $(BUILD)/e2e $(BUILD)/builtin $(BUILD)/qemu* \
		$(BUILD)/check $(BUILD)/series $(BUILD)/coverage $(BUILD)/mutants $(BUILD)/compare $(BUILD)/lint/module $(BUILD)/run.* $(BUILD)/l1.* $(BUILD)/helper.*

distclean:
	rm -rf $(BUILD)
