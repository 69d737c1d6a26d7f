/* SPDX-License-Identifier: GPL-2.0-only */
/* The guests that are built into the mini VMM. */
#ifndef SELFTEST_MSHV_GUEST_H
#define SELFTEST_MSHV_GUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "vm.h"

#define GUEST_REGS_MAX 16

/**
 * struct guest - One guest program
 * @name: as given to --guest
 * @about: one line for people
 * @entry: where it begins, in our own image
 * @real_mode: real mode, otherwise 64-bit mode
 * @lapic: the partition has a LAPIC, so HLT waits; one VP only
 * @x2apic: which the guest uses in x2APIC mode
 * @cpuid: the VMM answers CPUID_VENDOR_LEAF
 * @msr: the VMM answers MSR_VMM
 * @irq: the VMM asserts IRQ_VECTOR again and again
 * @counts: there are counters of work at GUEST_COUNTERS
 */
struct guest {
	const char *name;
	const char *about;
	const char *entry;
	bool real_mode;
	bool lapic;
	bool x2apic;
	bool cpuid;
	bool msr;
	bool irq;
	bool counts;
};

const struct guest *guest_find(const char *name, size_t len);
const struct guest *guest_nth(size_t n);
void guest_load(struct vm *vm);
unsigned int guest_initial_regs(const struct vp *vp, struct hv_reg *regs);
void guest_setup_vp(struct vp *vp);

#endif /* SELFTEST_MSHV_GUEST_H */
