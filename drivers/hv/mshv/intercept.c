// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intercepts: why a virtual processor stopped, and who sees to it.
 */
#include <linux/string.h>

#include "arch.h"
#include "mshv.h"
#include "region.h"

/* The guest has ended a level-triggered interrupt. */
static bool handle_apic_eoi(struct mshv_vp *vp, const struct hv_message *msg)
{
	const struct hv_x64_apic_eoi_message *payload =
		(const void *)msg->u.payload;

	return mshv_irqfd_eoi(vp->pt, payload->interrupt_vector);
}

/* The guest has reached for memory that is not mapped, or not for that. */
static int handle_memory(struct mshv_vp *vp, const struct hv_message *msg)
{
	u64 gpa;
	u8 access;
	int err;

	mshv_arch_memory_access(msg, &gpa, &access);
	err = mshv_region_fault(vp->pt, gpa >> HV_HYP_PAGE_SHIFT, access);
	if (err == -EFAULT)
		return 0;
	return err ?: 1;
}

/**
 * mshv_intercept_take - take the message a VP stopped with
 * @vp: the VP; its lock is held
 * @msg: out: the message
 *
 * The page it is in may be mapped by the VMM, so it is read once.
 *
 * Return: 0 if it is for the VMM, 1 if the cause is removed and the VP can go
 * on; else an errno, then the intercept comes again.
 */
int mshv_intercept_take(struct mshv_vp *vp, struct hv_message *msg)
{
	memcpy(msg, vp->message.va, sizeof(*msg));
	switch (msg->header.message_type) {
	case HVMSG_X64_APIC_EOI:
		return handle_apic_eoi(vp, msg);
	case HVMSG_UNMAPPED_GPA:
	case HVMSG_GPA_INTERCEPT:
		return handle_memory(vp, msg);
	default:
		return 0;
	}
}
