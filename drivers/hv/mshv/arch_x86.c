// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is particular to x86.
 */
#include <linux/bitfield.h>
#include <asm/irq_vectors.h>

#include "arch.h"
#include "mshv.h"

/* An MSI: address, low half */
#define MSI_DEST		GENMASK(19, 12)
#define MSI_DEST_EXT		GENMASK(11, 5)
#define MSI_LOGICAL		BIT(2)

/* An MSI: data */
#define MSI_VECTOR		GENMASK(7, 0)
#define MSI_DELIVERY_MODE	GENMASK(10, 8)
#define MSI_LEVEL		BIT(15)

/* APICs refuse the ones below. */
#define FIRST_VECTOR		16

#define DEST_BROADCAST		0xff

/* The hypervisor's headers do not name it. */
#define HV_X64_REGISTER_INITIAL_APIC_ID	0x0008000d

/* How often to try to change the list of vectors */
#define LIST_TRIES		8

/**
 * mshv_arch_supported - can the driver work here?
 *
 * Return: true if it can.
 */
bool mshv_arch_supported(void)
{
	return true;
}

/**
 * mshv_arch_disabled_xsave - features of XSAVE that a partition is not to have
 * @args: what the VMM asked for
 *
 * Return: the bits of hv_partition_processor_xsave_features.
 */
u64 mshv_arch_disabled_xsave(const struct mshv_create_partition_v2 *args)
{
	return args->pt_disabled_xsave;
}

/**
 * mshv_arch_sint_vector - interrupt vector for our synthetic interrupt sources
 *
 * Return: the vector whose handler hv_setup_mshv_handler() hooks into.
 */
u8 mshv_arch_sint_vector(void)
{
	return HYPERVISOR_CALLBACK_VECTOR;
}

/**
 * mshv_arch_memory_access - what a memory intercept is about
 * @msg: the message
 * @gpa: out: the guest physical address
 * @access: out: HV_INTERCEPT_ACCESS_*
 */
void mshv_arch_memory_access(const struct hv_message *msg, u64 *gpa,
			     u8 *access)
{
	const struct hv_x64_memory_intercept_message *payload =
		(const void *)msg->u.payload;

	*gpa = payload->guest_physical_address;
	*access = payload->header.intercept_access_type;
}

/**
 * mshv_arch_vectors_pending - interrupts waiting in the register page
 * @vp: the virtual processor
 *
 * The page is writable by user space: whatever it says is clamped.
 *
 * Return: how many vectors the next dispatch is to inject.
 */
unsigned int mshv_arch_vectors_pending(const struct mshv_vp *vp)
{
	const struct hv_vp_register_page *page = vp->regs.va;

	if (!page)
		return 0;
	return min_t(unsigned int,
		     READ_ONCE(page->interrupt_vectors.vector_count),
		     HV_VP_REGISTER_PAGE_MAX_VECTOR_COUNT);
}

/**
 * mshv_arch_decode_msi - take an MSI apart
 * @msi: address and data
 * @route: out: what they say
 *
 * Bits 5 to 11 of the address extend the destination to 15 bits.
 */
void mshv_arch_decode_msi(const struct mshv_user_irq_entry *msi,
			  struct mshv_route *route)
{
	route->dest = FIELD_GET(MSI_DEST, msi->address_lo) |
		      FIELD_GET(MSI_DEST_EXT, msi->address_lo) << 8;
	route->vector = FIELD_GET(MSI_VECTOR, msi->data);
	route->control.interrupt_type = FIELD_GET(MSI_DELIVERY_MODE, msi->data);
	route->control.level_triggered = FIELD_GET(MSI_LEVEL, msi->data);
	route->control.logical_dest_mode =
		FIELD_GET(MSI_LOGICAL, msi->address_lo);
}

/**
 * mshv_arch_is_apic_id - does writing a register change a VP's APIC id?
 * @name: HV_REGISTER_* or HV_X64_REGISTER_*
 *
 * Return: true if it does.
 */
bool mshv_arch_is_apic_id(u32 name)
{
	return name == HV_X64_REGISTER_INITIAL_APIC_ID;
}

/**
 * mshv_arch_deliverable - does a route name an interrupt that can be?
 * @route: the route
 *
 * Return: false for vectors and delivery modes that no APIC takes.
 */
bool mshv_arch_deliverable(const struct mshv_route *route)
{
	switch (route->control.interrupt_type) {
	case HV_X64_INTERRUPT_TYPE_FIXED:
	case HV_X64_INTERRUPT_TYPE_LOWESTPRIORITY:
		return route->vector >= FIRST_VECTOR;
	case HV_X64_INTERRUPT_TYPE_SMI:
	case HV_X64_INTERRUPT_TYPE_NMI:
	case HV_X64_INTERRUPT_TYPE_INIT:
	case HV_X64_INTERRUPT_TYPE_EXTINT:
		return true;
	default:
		return false;
	}
}

/**
 * mshv_arch_is_plain - is it an edge-triggered interrupt to a single VP?
 * @route: the route
 *
 * Return: true if a VP can be handed the vector, and nothing more.
 */
bool mshv_arch_is_plain(const struct mshv_route *route)
{
	return route->valid &&
	       route->control.interrupt_type == HV_X64_INTERRUPT_TYPE_FIXED &&
	       !route->control.level_triggered &&
	       !route->control.logical_dest_mode &&
	       route->dest != DEST_BROADCAST &&
	       route->vector >= FIRST_VECTOR;
}

/**
 * mshv_arch_is_level - is a route level-triggered?
 * @route: the route
 *
 * Return: true if the end of the interrupt is reported.
 */
bool mshv_arch_is_level(const struct mshv_route *route)
{
	return route->control.level_triggered;
}

/**
 * mshv_arch_can_queue_vectors - are vectors taken from the register page?
 *
 * Return: true if the hypervisor does that for VPs which this kernel dispatches.
 */
bool mshv_arch_can_queue_vectors(void)
{
	return ms_hyperv.ext_features &
	       HV_VP_DISPATCH_INTERRUPT_INJECTION_AVAILABLE;
}

static union hv_vp_register_page_interrupt_vectors *vector_list(struct mshv_vp *vp)
{
	struct hv_vp_register_page *page = vp->regs.va;

	return page ? &page->interrupt_vectors : NULL;
}

/* Vectors in a copy of the list; -1 if it makes no sense */
static int list_length(union hv_vp_register_page_interrupt_vectors list)
{
	return list.vector_count <= ARRAY_SIZE(list.vector) ?
	       list.vector_count : -1;
}

static int find_vector(union hv_vp_register_page_interrupt_vectors list,
		       u8 vector)
{
	int i, nr = list_length(list);

	for (i = 0; i < nr; i++)
		if (list.vector[i] == vector)
			return i;
	return -1;
}

/**
 * mshv_arch_queue_vector - put a vector into the register page
 * @vp: the virtual processor
 * @vector: the vector
 *
 * The page is shared with the hypervisor, user space and other callers: all is
 * done on a copy, which replaces the list as a whole.
 *
 * Return: true if it is in the list, also if it was before; implies a full
 * barrier.  False if there is no page, no room or too much of a race.
 */
bool mshv_arch_queue_vector(struct mshv_vp *vp, u8 vector)
{
	union hv_vp_register_page_interrupt_vectors *list = vector_list(vp);
	union hv_vp_register_page_interrupt_vectors old, new;
	unsigned int i;
	int nr;

	if (!list)
		return false;
	old.as_uint64 = READ_ONCE(list->as_uint64);
	for (i = 0; i < LIST_TRIES; i++) {
		new = old;
		nr = list_length(old);
		if (find_vector(old, vector) < 0) {
			if (nr < 0 || nr == ARRAY_SIZE(new.vector))
				return false;
			new.vector[nr] = vector;
			new.vector_count = nr + 1;
		}
		if (try_cmpxchg(&list->as_uint64, &old.as_uint64,
				new.as_uint64))
			return true;
	}
	return false;
}

/**
 * mshv_arch_unqueue_vector - take a vector out of the register page
 * @vp: the virtual processor; it has a register page
 * @vector: the vector
 *
 * Return: true if it was there and is not any more; false if the hypervisor
 * has got it.
 */
bool mshv_arch_unqueue_vector(struct mshv_vp *vp, u8 vector)
{
	union hv_vp_register_page_interrupt_vectors *list = vector_list(vp);
	union hv_vp_register_page_interrupt_vectors old, new;
	int at, last;

	old.as_uint64 = READ_ONCE(list->as_uint64);
	do {
		at = find_vector(old, vector);
		if (at < 0)
			return false;
		new = old;
		last = list_length(old) - 1;
		new.vector[at] = old.vector[last];
		new.vector[last] = 0;
		new.vector_count = last;
	} while (!try_cmpxchg(&list->as_uint64, &old.as_uint64,
			      new.as_uint64));
	return true;
}
