/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_CPUID_H
#define HVSIM_CPUID_H

#include "hvsim.h"

struct kvm_cpuid2;

/* Partition privileges, CPUID 0x40000003 EAX (low) and EBX (high) */
#define PRIV_VP_RUNTIME		(1U << 0)
#define PRIV_TIME_REF_COUNT	(1U << 1)
#define PRIV_SYNIC		(1U << 2)
#define PRIV_HYPERCALL		(1U << 5)
#define PRIV_VP_INDEX		(1U << 6)
#define PRIV_RESET		(1U << 7)
#define PRIV_REFERENCE_TSC	(1U << 9)
#define PRIV_FREQUENCY		(1U << 11)
#define PRIV_TSC_INVARIANT	(1U << 15)

#define PRIV_CREATE_PARTITIONS	(1U << 0)
#define PRIV_PARTITION_ID	(1U << 1)
#define PRIV_POST_MESSAGES	(1U << 4)
#define PRIV_SIGNAL_EVENTS	(1U << 5)
#define PRIV_CREATE_PORT	(1U << 6)
#define PRIV_CONNECT_PORT	(1U << 7)
#define PRIV_CPU_MANAGEMENT	(1U << 12)

/* EDX */
#define FEATURE_FREQUENCY	(1U << 8)
#define FEATURE_CRASH		(1U << 10)

/* 0x40000004 EAX */
#define HINT_RELAXED_TIMING	(1U << 5)
#define HINT_NO_AUTO_EOI	(1U << 9)
#define HINT_CLUSTER_IPI	(1U << 10)

#define HV_LEAF_BASE		0x40000000U
#define HV_LEAF_PRIVILEGES	0x40000003U
#define NR_HV_LEAVES		11	/* 0x40000000 to 0x4000000a */

struct cpuid_leaf {
	uint32_t eax, ebx, ecx, edx;
};

void cpuid_hv_leaf(const struct config *cfg, uint32_t function, struct cpuid_leaf *leaf);
void cpuid_filter(struct kvm_cpuid2 *cpuid, unsigned int cpus);
int cpuid_init(struct hv *hv);
void cpuid_fini(struct hv *hv);
int cpuid_set_vp(struct l1_vp *vp);

#endif
