// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level-triggered interrupts of children: their end is told to the parent
 *
 * With a split irqchip KVM leaves the IOAPIC to its user, and ends KVM_RUN when a guest
 * ends an interrupt that the IOAPIC may have sent. Which vectors those are it finds in the
 * routes of the IOAPIC's pins. So a vector that is asserted level-triggered for the first
 * time gets a pin, and keeps it. KVM looks at the vector alone; whether it was a level that
 * ended is in the APIC's TMR.
 *
 * The specification has a message for this, but does not say how it travels; known drivers
 * are prepared for two ways. --eoi chooses between them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"

#define FIRST_VECTOR	16
#define NR_VECTORS	256

#define MSI_ADDRESS	0xfee00000U
#define MSI_LEVEL	(1U << 15)
#define MSI_ASSERT	(1U << 14)

#define APIC_SPURIOUS	0xf0
#define APIC_ISR	0x100
#define APIC_TMR	0x180
#define APIC_IRR	0x200
#define NO_BROADCAST	(1U << 12)	/* in the spurious interrupt register */

/* Each vector goes to all APICs, and those in x2APIC mode have another name for that. */
static const uint32_t all_apics[] = { 0xff, 0xffffffff };

static_assert((NR_VECTORS - FIRST_VECTOR) * ARRAY_SIZE(all_apics) <= IOAPIC_PINS, "pins");

static uint32_t reg(const struct kvm_lapic_state *ls, unsigned int at)
{
	uint32_t val;

	memcpy(&val, ls->regs + at, sizeof(val));
	return val;
}

static bool test_vector(const struct kvm_lapic_state *ls, unsigned int at, uint8_t vector)
{
	return reg(ls, at + vector / 32 * 16) >> vector % 32 & 1;
}

static bool is_watched(const struct partition *pt, uint8_t vector)
{
	return pt->level_vectors[vector / 64] >> vector % 64 & 1;
}

static void add_pin(struct kvm_irq_routing *routing, uint32_t dest, uint8_t vector)
{
	routing->entries[routing->nr] = (struct kvm_irq_routing_entry){
		.gsi = routing->nr,
		.type = KVM_IRQ_ROUTING_MSI,
		.u.msi = {
			.address_lo = MSI_ADDRESS | (dest & 0xff) << 12,
			.address_hi = dest & 0xffffff00,
			.data = MSI_LEVEL | MSI_ASSERT | vector,
		},
	};
	routing->nr++;
}

static bool set_pins(struct partition *pt)
{
	struct kvm_irq_routing *routing;
	bool ok;

	routing = calloc(1, sizeof(*routing) + IOAPIC_PINS * sizeof(routing->entries[0]));
	if (!routing)
		return false;
	for (unsigned int vector = FIRST_VECTOR; vector < NR_VECTORS; vector++) {
		for (unsigned int i = 0; is_watched(pt, vector) && i < ARRAY_SIZE(all_apics); i++)
			add_pin(routing, all_apics[i], vector);
	}
	ok = !ioctl(pt->vm_fd, KVM_SET_GSI_ROUTING, routing);
	free(routing);
	return ok;
}

/**
 * eoi_watch - from now on eoi_exit() is told of the end of a vector
 * @pt: the partition; it has APICs
 * @vector: at least 16
 *
 * Return: false if the host failed
 */
bool eoi_watch(struct partition *pt, uint8_t vector)
{
	uint64_t *word = &pt->level_vectors[vector / 64];
	uint64_t bit = 1ULL << vector % 64;

	if (*word & bit)
		return true;
	*word |= bit;
	if (set_pins(pt))
		return true;
	*word &= ~bit;
	return false;
}

/**
 * eoi_watch_state - watch the level-triggered interrupts that a VP's new state has pending
 * @pt: the partition
 * @ls: the state of an APIC
 *
 * Return: false if the host failed
 */
bool eoi_watch_state(struct partition *pt, const struct kvm_lapic_state *ls)
{
	bool ok = true;

	for (unsigned int vector = FIRST_VECTOR; vector < NR_VECTORS; vector++) {
		if (test_vector(ls, APIC_TMR, vector) &&
		    (test_vector(ls, APIC_ISR, vector) || test_vector(ls, APIC_IRR, vector)))
			ok &= eoi_watch(pt, vector);
	}
	return ok;
}

/* Would an APIC broadcast the end of the vector? */
static bool is_told(struct vp *vp, uint8_t vector)
{
	struct kvm_lapic_state ls;

	return !ioctl(vp->fd, KVM_GET_LAPIC, &ls) && test_vector(&ls, APIC_TMR, vector) &&
	       !(reg(&ls, APIC_SPURIOUS) & NO_BROADCAST);
}

/**
 * eoi_exit - a VP has ended an interrupt whose vector is watched
 * @vp: the VP, stopped by KVM for that
 *
 * Return: what to do next
 */
enum vp_stop eoi_exit(struct vp *vp)
{
	struct hv_eoi_message eoi = { .vp_index = vp->index, .vector = vp->run->eoi.vector };
	struct hv_message msg = {
		.type = HVMSG_X64_APIC_EOI,
		.payload_size = sizeof(eoi),
		.sender = vp->pt->id,
	};

	if (!is_told(vp, eoi.vector))
		return VP_STOP_AGAIN;
	memcpy(msg.payload.bytes, &eoi, sizeof(eoi));
	if (vp->pt->hv->cfg->eoi == EOI_INTERCEPT) {
		vp->msg = msg;
		return VP_STOP_INTERCEPT;
	}
	notify_message(vp, &msg);
	/* As if kicked: the L1 VP that it runs on may have to take the interrupt. */
	return VP_STOP_KICKED;
}
