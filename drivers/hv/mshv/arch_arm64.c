// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is particular to arm64.
 *
 * This builds, and has never run: the interrupt of the synthetic interrupt
 * controller has to be set up in another way there, so the driver does not load.
 */
#include "arch.h"
#include "mshv.h"

/* The vector of an MSI is all of its data: the number of an interrupt. */
#define FIRST_VECTOR	32	/* those below belong to each VP */

/**
 * mshv_arch_supported - can the driver work here?
 *
 * Return: true if it can.
 */
bool mshv_arch_supported(void)
{
	return false;
}

/**
 * mshv_arch_disabled_xsave - features of XSAVE that a partition is not to have
 * @args: what the VMM asked for
 *
 * Return: 0, there is no XSAVE.
 */
u64 mshv_arch_disabled_xsave(const struct mshv_create_partition_v2 *args)
{
	return 0;
}

/**
 * mshv_arch_sint_vector - interrupt vector for our synthetic interrupt sources
 *
 * Return: 0, there is none yet.
 */
u8 mshv_arch_sint_vector(void)
{
	return 0;
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
	const struct hv_arm64_memory_intercept_message *payload =
		(const void *)msg->u.payload;

	*gpa = payload->guest_physical_address;
	*access = payload->header.intercept_access_type;
}

/**
 * mshv_arch_vectors_pending - interrupts waiting in the register page
 * @vp: the virtual processor
 *
 * Return: 0, the page has no list of them.
 */
unsigned int mshv_arch_vectors_pending(const struct mshv_vp *vp)
{
	return 0;
}

/**
 * mshv_arch_decode_msi - take an MSI apart
 * @msi: address and data
 * @route: out: what they say
 */
void mshv_arch_decode_msi(const struct mshv_user_irq_entry *msi,
			  struct mshv_route *route)
{
	route->vector = msi->data;
	route->control.asserted = 1;
}

/**
 * mshv_arch_is_apic_id - does writing a register change a VP's APIC id?
 * @name: HV_REGISTER_* or HV_ARM64_REGISTER_*
 *
 * Return: false, there is no such thing.
 */
bool mshv_arch_is_apic_id(u32 name)
{
	return false;
}

/**
 * mshv_arch_deliverable - does a route name an interrupt that can be?
 * @route: the route
 *
 * Return: false for those that are not shared by the VPs.
 */
bool mshv_arch_deliverable(const struct mshv_route *route)
{
	return route->vector >= FIRST_VECTOR;
}

/**
 * mshv_arch_is_plain - is it an edge-triggered interrupt to a single VP?
 * @route: the route
 *
 * Return: false, the interrupt controller decides where it goes.
 */
bool mshv_arch_is_plain(const struct mshv_route *route)
{
	return false;
}

/**
 * mshv_arch_is_level - is a route level-triggered?
 * @route: the route
 *
 * Return: false, the end of an interrupt is not reported.
 */
bool mshv_arch_is_level(const struct mshv_route *route)
{
	return false;
}

/**
 * mshv_arch_can_queue_vectors - are vectors taken from the register page?
 *
 * Return: false.
 */
bool mshv_arch_can_queue_vectors(void)
{
	return false;
}

/**
 * mshv_arch_queue_vector - put a vector into the register page
 * @vp: the virtual processor
 * @vector: the vector
 *
 * Return: false, there is no room for it.
 */
bool mshv_arch_queue_vector(struct mshv_vp *vp, u8 vector)
{
	return false;
}

/**
 * mshv_arch_unqueue_vector - take a vector out of the register page
 * @vp: the virtual processor
 * @vector: the vector
 *
 * Return: false, it is not there.
 */
bool mshv_arch_unqueue_vector(struct mshv_vp *vp, u8 vector)
{
	return false;
}
