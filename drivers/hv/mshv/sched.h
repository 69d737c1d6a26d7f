/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who schedules virtual processors: the choice.
 */
#ifndef _MSHV_SCHED_H
#define _MSHV_SCHED_H

#include <linux/types.h>
#include <asm/mshyperv.h>
#include <hyperv/hvhdk.h>

struct mshv_driver;

/**
 * struct mshv_sched_facts - all that the choice of a scheduler depends on
 * @type: the kind of partition
 * @caps_error: errno of reading the VMM capabilities
 * @caps: VMM capabilities, bank 0; 0 if there is none
 * @value_error: errno of reading @value
 * @value: L1VH: the integrated-scheduler property, if the capability is there;
 *	root: the system's scheduler type
 */
struct mshv_sched_facts {
	enum hv_partition_type type;
	int caps_error;
	u64 caps;
	int value_error;
	u64 value;
};

/* sched.c */
enum hv_partition_type mshv_partition_type(u32 priv_high);
u64 mshv_caps_bank0(const struct hv_partition_property_vmm_capabilities *caps);
bool mshv_sched_needs_value(const struct mshv_sched_facts *facts);
int mshv_sched_decide(const struct mshv_sched_facts *facts, bool *root_logic);
void mshv_sched_read(enum hv_partition_type type,
		     struct mshv_sched_facts *facts);
int mshv_sched_init(struct mshv_driver *drv);

#endif /* _MSHV_SCHED_H */
