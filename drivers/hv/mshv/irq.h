/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts into a guest.
 *
 * Letters before what a field means: see mshv.h.
 */
#ifndef _MSHV_IRQ_H
#define _MSHV_IRQ_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <hyperv/hvhdk.h>

struct mshv_partition;
struct mshv_user_irq_entry;
struct mshv_user_irqfd;

/* GSIs of a guest are below. */
#define MSHV_MAX_GSIS	4096

/* Resample eventfds of a guest: each interrupt's end looks at all of them. */
#define MSHV_MAX_RESAMPLERS	256

/**
 * struct mshv_route - the interrupt a GSI stands for
 * @valid: there is one
 * @vector: its vector
 * @dest: APIC id or logical destination
 * @control: its kind
 * @vp_index: the one VP it goes to, if that is known, else HV_ANY_VP
 */
struct mshv_route {
	bool valid;
	u32 vector;
	u64 dest;
	union hv_interrupt_control control;
	u32 vp_index;
};

/**
 * struct mshv_irq - interrupts of a partition
 * @routes: R written under the partition's lock; what the GSIs mean
 * @apic_ids_version: Q changes when a VP gets another APIC id
 * @lock: protects what follows; see the lock order
 * @irqfds: those that are active
 * @resamplers: R those that want to know of the end of their interrupt
 * @nr_resamplers: entries in @resamplers
 */
struct mshv_irq {
	struct mshv_routes __rcu *routes;
	atomic_t apic_ids_version;
	spinlock_t lock;	/* see the lock order */
	struct hlist_head irqfds;
	struct hlist_head resamplers;
	unsigned int nr_resamplers;
};

/* irq.c */
void mshv_irq_init(struct mshv_partition *pt);
void mshv_irq_free(struct mshv_partition *pt);
int mshv_irq_set_routes(struct mshv_partition *pt,
			const struct mshv_user_irq_entry *entries, u32 nr);
void mshv_irq_apic_ids_changed(struct mshv_partition *pt);
bool mshv_irq_route(struct mshv_partition *pt, u32 gsi,
		    struct mshv_route *route);
void mshv_irq_assert(struct mshv_partition *pt, u32 gsi);

/* irqfd.c */
int mshv_irqfd_init(void);
void mshv_irqfd_fini(void);
int mshv_irqfd_set(struct mshv_partition *pt,
		   const struct mshv_user_irqfd *args);
void mshv_irqfd_release_all(struct mshv_partition *pt);
bool mshv_irqfd_eoi(struct mshv_partition *pt, u32 vector);

#endif /* _MSHV_IRQ_H */
