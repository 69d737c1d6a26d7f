// SPDX-License-Identifier: GPL-2.0-only
/*
 * The synthetic interrupt controller: set-up on each CPU, and the interrupt.
 */
#define pr_fmt(fmt) "mshv: " fmt

#include <linux/cpuhotplug.h>
#include <linux/gfp.h>
#include <linux/hyperv.h>
#include <linux/io.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <kunit/static_stub.h>

#include "arch.h"
#include "mshv.h"
#include "port.h"
#include "synic.h"

/**
 * DOC: SynIC
 *
 * With VMBus, the message page, the event flags page and the controller itself
 * belong to VMBus: they are used where they are and never changed, for the
 * hypervisor refuses to have them set up again.  Without VMBus they are set up
 * here.  SINT0 (messages), SINT5 (doorbells) and the event ring page are this
 * driver's in either case.
 */

#define SYNIC_PAGE_ENABLE	BIT_ULL(0)
#define SINT_AS_INTERCEPT	BIT_ULL(19)

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
	bool owns_control;
};

static DEFINE_PER_CPU(struct synic_cpu, synic_cpus);
static int synic_cpuhp_state;

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
 * mshv_synic_receive - act on the message in a slot, and acknowledge it
 * @slot: the slot; may be empty
 *
 * Whatever the message is, the slot is free afterwards: a slot that stays full
 * stops all messages behind it, for every partition.
 */
void mshv_synic_receive(struct hv_message *slot)
{
	if (READ_ONCE(slot->header.message_type) == HVMSG_NONE)
		return;

	/* The hypervisor writes the type last and leaves a full slot alone. */
	virt_rmb();
	mshv_msg_handle(slot);

	WRITE_ONCE(slot->header.message_type, HVMSG_NONE);
	/*
	 * Free the slot before looking whether another message waits for it:
	 * the hypervisor sets the flag before it looks at the slot again.
	 */
	virt_mb();
	if (READ_ONCE(slot->header.message_flags.asu8) & 1)
		mshv_synic_set(HV_MSR_EOM, 0);
}

static void receive_on_this_cpu(void)
{
	struct hv_message_page *page =
		READ_ONCE(this_cpu_ptr(&synic_cpus)->messages.va);

	if (page)
		mshv_synic_receive(&page->sint_message[HV_SYNIC_INTERCEPTION_SINT_INDEX]);
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

static void sint_up(unsigned int sint, u64 flags)
{
	if (hv_recommend_using_aeoi())
		flags |= HV_SYNIC_SINT_AUTO_EOI;
	mshv_synic_set(HV_MSR_SINT0 + sint, mshv_arch_sint_vector() | flags);
}

static void sint_down(unsigned int sint)
{
	mshv_synic_set(HV_MSR_SINT0 + sint,
		       mshv_synic_get(HV_MSR_SINT0 + sint) |
		       HV_SYNIC_SINT_MASKED);
}

static void control_up(struct synic_cpu *sc)
{
	u64 value = mshv_synic_get(HV_MSR_SCONTROL);

	if (value & HV_SYNIC_CONTROL_ENABLE)
		return;
	sc->owns_control = true;
	mshv_synic_set(HV_MSR_SCONTROL, value | HV_SYNIC_CONTROL_ENABLE);
}

static void control_down(struct synic_cpu *sc)
{
	if (!sc->owns_control)
		return;
	sc->owns_control = false;
	mshv_synic_set(HV_MSR_SCONTROL, mshv_synic_get(HV_MSR_SCONTROL) &
					~HV_SYNIC_CONTROL_ENABLE);
}

static void pages_down(struct synic_cpu *sc)
{
	page_down(&sc->ring, HV_MSR_SIRBP);
	page_down(&sc->flags, HV_MSR_SIEFP);
	page_down(&sc->messages, HV_MSR_SIMP);
}

static int synic_up(unsigned int cpu)
{
	struct synic_cpu *sc = this_cpu_ptr(&synic_cpus);
	bool ours = !hv_vmbus_exists();
	int err;

	err = page_up(&sc->messages, HV_MSR_SIMP, ours);
	if (!err)
		err = page_up(&sc->flags, HV_MSR_SIEFP, ours);
	if (!err)
		err = page_up(&sc->ring, HV_MSR_SIRBP, true);
	if (err) {
		pages_down(sc);
		pr_err("no SynIC pages on CPU %u: %pe\n", cpu, ERR_PTR(err));
		return err;
	}

	sint_up(HV_SYNIC_INTERCEPTION_SINT_INDEX, 0);
	sint_up(HV_SYNIC_DOORBELL_SINT_INDEX, SINT_AS_INTERCEPT);
	control_up(sc);

	/* A message left from before would never be followed by an interrupt. */
	scoped_guard(irq) {
		receive_on_this_cpu();
		mshv_port_drain();
	}
	return 0;
}

static int synic_down(unsigned int cpu)
{
	struct synic_cpu *sc = this_cpu_ptr(&synic_cpus);

	sint_down(HV_SYNIC_DOORBELL_SINT_INDEX);
	sint_down(HV_SYNIC_INTERCEPTION_SINT_INDEX);
	scoped_guard(irq) {
		receive_on_this_cpu();
		mshv_port_drain();
	}
	control_down(sc);
	pages_down(sc);
	return 0;
}

/**
 * mshv_synic_init - receive messages on all CPUs, now and as they come online
 *
 * Return: 0 or an errno.
 */
int mshv_synic_init(void)
{
	int ret;

	/* Before any SINT is unmasked: a message needs somebody to free it. */
	hv_setup_mshv_handler(receive_on_this_cpu);

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "hyperv/mshv:online",
				synic_up, synic_down);
	if (ret < 0) {
		hv_setup_mshv_handler(NULL);
		synchronize_rcu();
		return ret;
	}
	synic_cpuhp_state = ret;
	return 0;
}

/**
 * mshv_synic_fini - undo mshv_synic_init()
 *
 * No partition may be left.
 */
void mshv_synic_fini(void)
{
	cpuhp_remove_state(synic_cpuhp_state);
	hv_setup_mshv_handler(NULL);
	/* Handlers under way on other CPUs are read-side sections. */
	synchronize_rcu();
}
