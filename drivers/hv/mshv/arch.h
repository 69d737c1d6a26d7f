/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between architectures: arch_*.c.
 */
#ifndef _MSHV_ARCH_H
#define _MSHV_ARCH_H

#include <linux/types.h>

struct hv_message;
struct mshv_create_partition_v2;
struct mshv_route;
struct mshv_user_irq_entry;
struct mshv_vp;

/* The VP's counter that says: the dispatching thread has nothing to run */
#ifdef CONFIG_ARM64
#define MSHV_ARCH_COUNTER_DISPATCH_BLOCKED	95
#else
#define MSHV_ARCH_COUNTER_DISPATCH_BLOCKED	202
#endif

bool mshv_arch_supported(void);
u64 mshv_arch_disabled_xsave(const struct mshv_create_partition_v2 *args);
void mshv_arch_memory_access(const struct hv_message *msg, u64 *gpa,
			     u8 *access);
unsigned int mshv_arch_vectors_pending(const struct mshv_vp *vp);
u8 mshv_arch_sint_vector(void);
bool mshv_arch_is_apic_id(u32 name);
void mshv_arch_decode_msi(const struct mshv_user_irq_entry *msi,
			  struct mshv_route *route);
bool mshv_arch_deliverable(const struct mshv_route *route);
bool mshv_arch_is_plain(const struct mshv_route *route);
bool mshv_arch_is_level(const struct mshv_route *route);
bool mshv_arch_can_queue_vectors(void);
bool mshv_arch_queue_vector(struct mshv_vp *vp, u8 vector);
bool mshv_arch_unqueue_vector(struct mshv_vp *vp, u8 vector);

#endif /* _MSHV_ARCH_H */
