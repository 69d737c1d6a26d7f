/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The synthetic interrupt controller and its messages.
 */
#ifndef _MSHV_SYNIC_H
#define _MSHV_SYNIC_H

#include <linux/types.h>
#include <hyperv/hvhdk.h>

/* message.c */

/* Tell one VP; false if there is no such VP. */
typedef bool (*mshv_vp_fn)(void *arg, u64 partition_id, u32 vp_index);

unsigned int
mshv_msg_each_in_bitset(const struct hv_vp_signal_bitset_scheduler_message *msg,
			mshv_vp_fn fn, void *arg);
unsigned int
mshv_msg_each_in_pairs(const struct hv_vp_signal_pair_scheduler_message *msg,
		       mshv_vp_fn fn, void *arg);
bool mshv_msg_handle(const struct hv_message *msg);

/* synic_page.c */
u64 mshv_synic_get(u32 reg);
void mshv_synic_set(u32 reg, u64 value);
struct hv_message *mshv_synic_slot(unsigned int sint);
struct hv_synic_event_ring *mshv_synic_ring(unsigned int sint);
int mshv_synic_pages_up(bool ours);
void mshv_synic_pages_down(void);

/* synic.c */
int mshv_synic_init(void);
void mshv_synic_fini(void);
void mshv_synic_receive(struct hv_message *slot);

#endif /* _MSHV_SYNIC_H */
