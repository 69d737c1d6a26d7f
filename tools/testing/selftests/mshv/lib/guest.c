// SPDX-License-Identifier: GPL-2.0-only
/* The guests: their table, how one gets into memory and how its VPs start. */
#include <string.h>

#include "../guests/layout.h"
#include "guest.h"
#include "regs.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* All 16-bit and all 64-bit guests; the linker names the second section's ends. */
extern const char guest16_start[], guest16_end[];
extern const char __start_guest64[], __stop_guest64[];

#define ENTRIES(X)							\
	X(guest16_main) X(guest64_long) X(guest64_mem)			\
	X(guest64_string) X(guest64_exit7) X(guest64_msr)		\
	X(guest64_irq) X(guest64_notify) X(guest64_notify_x2apic)	\
	X(guest64_sleep)						\
	X(guest64_busy) X(guest64_count)				\
	X(guest64_storm) X(guest64_tfault) X(guest64_unmapped)		\
	X(guest64_jump) X(guest64_rowrite)				\
	X(guest64_poke) X(guest64_churn) X(guest64_scribble)
#define DECLARE(name) extern const char name[];
ENTRIES(DECLARE)

#define GUEST(n, text, start, ...)					\
	{ .name = (n), .about = (text), .entry = (start), __VA_ARGS__ }

static const struct guest guests[] = {
	GUEST("real", "real mode: port I/O, CPUID, MMIO, then HLT",
	      guest16_main, .real_mode = true, .cpuid = true),
	GUEST("long", "64-bit mode: the same, with more kinds of MMIO",
	      guest64_long, .cpuid = true),
	GUEST("mem", "writes and adds up the extra memory (--memory)", guest64_mem),
	GUEST("string", "string I/O, with and without a rep prefix", guest64_string),
	GUEST("exit", "ends through the exit port, with code 7", guest64_exit7),
	GUEST("msr", "reads and writes an MSR that the VMM answers", guest64_msr,
	      .msr = true),
	GUEST("irq", "has a LAPIC; halts and is woken by interrupts", guest64_irq,
	      .lapic = true, .irq = true),
	GUEST("notify", "has a LAPIC; tells of each interrupt (mshv_irq_test)",
	      guest64_notify, .lapic = true),
	GUEST("x2apic", "the same, in x2APIC mode (mshv_resample)",
	      guest64_notify_x2apic, .lapic = true, .x2apic = true),
	GUEST("sleep", "has a LAPIC; halts for ever", guest64_sleep, .lapic = true),
	GUEST("busy", "spins for ever without an exit", guest64_busy),
	GUEST("count", "counts its work for ever (--duration)", guest64_count,
	      .counts = true),
	GUEST("storm", "does port I/O for ever", guest64_storm),
	GUEST("tfault", "triple-faults", guest64_tfault),
	GUEST("unmapped", "reads an address where nothing is", guest64_unmapped),
	GUEST("jump", "executes at an address where nothing is", guest64_jump),
	GUEST("rowrite", "writes to a read-only page", guest64_rowrite),
	GUEST("poke", "accesses memory as it is told to (mshv_movable)", guest64_poke),
	GUEST("churn", "counts up in each page of the extra memory (mshv_churn)",
	      guest64_churn),
	GUEST("scribble", "the same, and does not mind what was there before",
	      guest64_scribble),
};

/**
 * guest_find() - Look a guest up
 * @name: its name
 * @len: length of the name
 *
 * Return: the guest or NULL.
 */
const struct guest *guest_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(guests); i++) {
		if (strlen(guests[i].name) == len &&
		    !strncmp(guests[i].name, name, len))
			return &guests[i];
	}
	return NULL;
}

/** guest_nth() - The n-th guest, or NULL past the last one */
const struct guest *guest_nth(size_t n)
{
	return n < ARRAY_SIZE(guests) ? &guests[n] : NULL;
}

/* One to one for the low 4 GiB, in pages of 2 MiB */
static void write_page_tables(uint8_t *ram)
{
	const uint64_t table = 0x3, large = 0x83;
	uint64_t *pml4 = (uint64_t *)(ram + GUEST_PAGE_TABLES);
	uint64_t *pdpt = pml4 + 512, *pd = pdpt + 512;
	unsigned int i;

	pml4[0] = (GUEST_PAGE_TABLES + 0x1000) | table;
	for (i = 0; i < 4; i++)
		pdpt[i] = (GUEST_PAGE_TABLES + 0x2000 + i * 0x1000) | table;
	for (i = 0; i < 4 * 512; i++)
		pd[i] = (uint64_t)i << 21 | large;
}

/**
 * guest_load() - Put the guest's code into the machine's memory
 * @vm: the machine, its memory mapped
 */
void guest_load(struct vm *vm)
{
	if (vm->guest->real_mode) {
		memcpy(vm->ram + GUEST_LOAD, guest16_start,
		       guest16_end - guest16_start);
		return;
	}
	memcpy(vm->ram + GUEST_LOAD, __start_guest64,
	       __stop_guest64 - __start_guest64);
	write_page_tables(vm->ram);
}

static unsigned int real_regs(const struct vp *vp, struct hv_reg *out)
{
	const uint16_t sel = GUEST_LOAD >> 4;
	const struct hv_reg regs[] = {
		REG_SEGMENT(CS, sel, GUEST_LOAD, 0xffff, 0x9b),
		REG_SEGMENT(DS, sel, GUEST_LOAD, 0xffff, 0x93),
		REG_SEGMENT(ES, sel, GUEST_LOAD, 0xffff, 0x93),
		REG_SEGMENT(SS, sel, GUEST_LOAD, 0xffff, 0x93),
		REG(RSP, GUEST_REAL_STACK - vp->index * 0x400),
		REG(RDI, vp->index),
		REG(RFLAGS, 0x2),
		REG(RIP, vp->vm->guest->entry - guest16_start),
	};

	memcpy(out, regs, sizeof(regs));
	return ARRAY_SIZE(regs);
}

static unsigned int long_regs(const struct vp *vp, struct hv_reg *out)
{
	const uint64_t cr0 = 0x80000031;	/* PG, NE, ET, PE */
	const uint64_t cr4 = 0x20;		/* PAE */
	const uint64_t efer = 0x500;		/* LMA, LME */
	const struct hv_reg regs[] = {
		REG(CR4, cr4),
		REG(CR3, GUEST_PAGE_TABLES),
		REG(EFER, efer),
		REG(CR0, cr0),
		REG_SEGMENT(CS, 0x08, 0, 0xffffffff, 0xa09b),
		REG_SEGMENT(DS, 0x10, 0, 0xffffffff, 0xc093),
		REG_SEGMENT(ES, 0x10, 0, 0xffffffff, 0xc093),
		REG_SEGMENT(SS, 0x10, 0, 0xffffffff, 0xc093),
		REG(RSP, GUEST_STACK - vp->index * 0x1000),
		REG(RDI, vp->index),
		REG(RSI, vp->vm->extra_size),
		REG(RFLAGS, 0x2),
		REG(RIP, GUEST_LOAD + (vp->vm->guest->entry - __start_guest64)),
	};

	memcpy(out, regs, sizeof(regs));
	return ARRAY_SIZE(regs);
}

/**
 * guest_initial_regs() - The registers that the guest expects at its start
 * @vp: a new VP
 * @regs: filled in, room for GUEST_REGS_MAX
 *
 * Return: how many there are.
 */
unsigned int guest_initial_regs(const struct vp *vp, struct hv_reg *regs)
{
	return vp->vm->guest->real_mode ? real_regs(vp, regs) : long_regs(vp, regs);
}

/**
 * guest_setup_vp() - Make a new VP ready to run, or end the program
 * @vp: the VP
 *
 * The first VP also installs the partition's intercepts.
 */
void guest_setup_vp(struct vp *vp)
{
	const struct guest *guest = vp->vm->guest;
	struct hv_reg regs[GUEST_REGS_MAX];

	if (vp->index == 0 && guest->cpuid)
		mshv_install_intercept(vp->vm->fd, HV_INTERCEPT_X64_CPUID,
				       HV_ACCESS_MASK_EXECUTE, CPUID_VENDOR_LEAF);
	if (vp->index == 0 && guest->msr)
		mshv_install_intercept(vp->vm->fd, HV_INTERCEPT_X64_MSR,
				       HV_ACCESS_MASK_READ | HV_ACCESS_MASK_WRITE, 0);
	vp_set_regs(vp->fd, regs, guest_initial_regs(vp, regs));
}
