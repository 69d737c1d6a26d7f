// SPDX-License-Identifier: GPL-2.0-only
/*
 * The synthetic interrupt controller: its registers and its pages.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <kunit/static_stub.h>

#include "mshv.h"
#include "synic.h"

#define SYNIC_PAGE_ENABLE	BIT_ULL(0)

/**
 * struct synic_page - one page of the controller on one CPU
 * @va: Q where it is mapped; NULL while it may not be touched
 * @own: page this driver allocated for it
 * @owned: this driver enabled it and is to disable it
 */
struct synic_page {
	void *va;
	struct page *own;
	bool owned;
};

struct synic_cpu {
	struct synic_page messages;
	struct synic_page flags;
	struct synic_page ring;
};

static DEFINE_PER_CPU(struct synic_cpu, synic_cpus);

/**
 * mshv_synic_get - read a SynIC register of this CPU
 * @reg: HV_MSR_*
 *
 * Return: its value.
 */
u64 mshv_synic_get(u32 reg)
{
	KUNIT_STATIC_STUB_REDIRECT(mshv_synic_get, reg);

	return hv_get_non_nested_msr(reg);
}

/**
 * mshv_synic_set - write a SynIC register of this CPU
 * @reg: HV_MSR_*
 * @value: the value
 */
void mshv_synic_set(u32 reg, u64 value)
{
	KUNIT_STATIC_STUB_REDIRECT(mshv_synic_set, reg, value);

	hv_set_non_nested_msr(reg, value);
}

/**
 * mshv_synic_slot - where a synthetic interrupt source puts its messages
 * @sint: which one
 *
 * Context: interrupts off.
 * Return: the slot of this CPU, or NULL.
 */
struct hv_message *mshv_synic_slot(unsigned int sint)
{
	struct hv_message_page *page =
		READ_ONCE(this_cpu_ptr(&synic_cpus)->messages.va);

	return page ? &page->sint_message[sint] : NULL;
}

/**
 * mshv_synic_ring - the event ring of a synthetic interrupt source
 * @sint: which one
 *
 * Context: interrupts off.
 * Return: that of this CPU, or NULL.
 */
struct hv_synic_event_ring *mshv_synic_ring(unsigned int sint)
{
	struct hv_synic_event_ring_page *page =
		READ_ONCE(this_cpu_ptr(&synic_cpus)->ring.va);

	return page ? &page->sint_event_ring[sint] : NULL;
}

static void *map_page(u64 value)
{
	return memremap(value & HV_HYP_PAGE_MASK, HV_HYP_PAGE_SIZE,
			MEMREMAP_WB);
}

/* Use the page that a register names; enable it, or give it one, if it's ours. */
static int page_up(struct synic_page *sp, u32 reg, bool ours)
{
	u64 value = mshv_synic_get(reg);
	void *va;

	if (value & SYNIC_PAGE_ENABLE)
		ours = false;
	else if (!ours)
		return -ENODEV;

	if (ours && !(value & HV_HYP_PAGE_MASK)) {
		sp->own = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!sp->own)
			return -ENOMEM;
		value |= page_to_phys(sp->own);
		va = page_address(sp->own);
	} else {
		va = map_page(value);
		if (!va)
			return -ENOMEM;
	}

	sp->owned = ours;
	if (ours)
		mshv_synic_set(reg, value | SYNIC_PAGE_ENABLE);
	WRITE_ONCE(sp->va, va);
	return 0;
}

static void page_down(struct synic_page *sp, u32 reg)
{
	void *va = sp->va;

	/* From here on an interrupt finds nothing to look at. */
	WRITE_ONCE(sp->va, NULL);

	if (sp->owned)
		mshv_synic_set(reg, sp->own ? 0 : mshv_synic_get(reg) &
						  ~SYNIC_PAGE_ENABLE);
	if (sp->own)
		__free_page(sp->own);
	else if (va)
		memunmap(va);
	sp->own = NULL;
	sp->owned = false;
}

/**
 * mshv_synic_pages_down - undo mshv_synic_pages_up() on this CPU
 */
void mshv_synic_pages_down(void)
{
	struct synic_cpu *sc = this_cpu_ptr(&synic_cpus);

	page_down(&sc->ring, HV_MSR_SIRBP);
	page_down(&sc->flags, HV_MSR_SIEFP);
	page_down(&sc->messages, HV_MSR_SIMP);
}

/**
 * mshv_synic_pages_up - make the pages of this CPU's controller accessible
 * @ours: enable what is not enabled yet; else only the ring
 *
 * Return: 0; -ENODEV if a page should be enabled and isn't; -ENOMEM.
 */
int mshv_synic_pages_up(bool ours)
{
	struct synic_cpu *sc = this_cpu_ptr(&synic_cpus);
	int err;

	err = page_up(&sc->messages, HV_MSR_SIMP, ours);
	if (!err)
		err = page_up(&sc->flags, HV_MSR_SIEFP, ours);
	if (!err)
		err = page_up(&sc->ring, HV_MSR_SIRBP, true);
	if (err)
		mshv_synic_pages_down();
	return err;
}
