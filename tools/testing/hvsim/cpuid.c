// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID of the L1: the hypervisor's own leaves, and the host's features cut down
 *
 * The XSAVE family is taken away: under KVM on an emulated CPU the sizes that leaf 0xD
 * reports don't match, on which Linux gives up.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cpuid.h"
#include "version.h"

#define MAX_ENTRIES	256
#define HV_BASE		HV_LEAF_BASE

/* Leaf 1 ECX */
#define C1_MONITOR	(1U << 3)
#define C1_VMX		(1U << 5)
#define C1_FMA		(1U << 12)
#define C1_X2APIC	(1U << 21)
#define C1_TSC_DEADLINE	(1U << 24)
#define C1_XSAVE	(1U << 26)
#define C1_OSXSAVE	(1U << 27)
#define C1_AVX		(1U << 28)
#define C1_F16C		(1U << 29)
#define C1_HYPERVISOR	(1U << 31)
#define C1_DROP		(C1_MONITOR | C1_VMX | C1_FMA | C1_XSAVE | C1_OSXSAVE | C1_AVX | C1_F16C)
/* Leaf 1 EDX */
#define D1_HTT		(1U << 28)
/* Leaf 7: AVX2, AVX-512, PKU, LA57, AMX */
#define B7_AVX2		(1U << 5)
#define B7_MPX		(1U << 14)
#define B7_AVX512	(1U << 16 | 1U << 17 | 1U << 21 | 1U << 26 | 1U << 27 | 1U << 28 | \
			 1U << 30 | 1U << 31)
#define C7_DROP		(1U << 1 | 1U << 3 | 1U << 6 | 1U << 9 | 1U << 10 | 1U << 11 | \
			 1U << 12 | 1U << 14 | 1U << 16)
#define D7_DROP		(1U << 2 | 1U << 3 | 1U << 8 | 1U << 22 | 1U << 23 | 1U << 24 | 1U << 25)
/* Leaf 0x80000001 ECX */
#define C81_CMP_LEGACY	(1U << 1)
#define C81_SVM		(1U << 2)
#define C81_XOP		(1U << 11)
#define C81_FMA4	(1U << 16)
#define C81_TOPOEXT	(1U << 22)
/* Leaf 0x80000007 EDX */
#define D87_INVARIANT_TSC (1U << 8)

static uint32_t privileges_high(const struct config *cfg)
{
	uint32_t val = PRIV_POST_MESSAGES | PRIV_SIGNAL_EVENTS;

	if (cfg->partition != PARTITION_GUEST)
		val |= PRIV_CREATE_PARTITIONS | PRIV_CREATE_PORT | PRIV_CONNECT_PORT;
	/* The kernel's own driver takes it that an L1VH knows itself as SELF only. */
	if (cfg->partition == PARTITION_ROOT)
		val |= PRIV_PARTITION_ID | PRIV_CPU_MANAGEMENT;
	return val;
}

static uint32_t privileges_low(const struct config *cfg)
{
	uint32_t val = PRIV_VP_RUNTIME | PRIV_TIME_REF_COUNT | PRIV_SYNIC | PRIV_HYPERCALL |
		       PRIV_VP_INDEX | PRIV_RESET | PRIV_REFERENCE_TSC | PRIV_FREQUENCY;

	/* A root sees what the hardware says */
	if (cfg->partition != PARTITION_ROOT)
		val |= PRIV_TSC_INVARIANT;
	return val;
}

/**
 * cpuid_hv_leaf - A leaf of the hypervisor's own
 * @cfg: configuration
 * @function: 0x40000000 to 0x4000000a; others are all zero
 * @leaf: filled in
 */
void cpuid_hv_leaf(const struct config *cfg, uint32_t function, struct cpuid_leaf *leaf)
{
	memset(leaf, 0, sizeof(*leaf));
	switch (function - HV_BASE) {
	case 0:		/* vendor */
		leaf->eax = HV_BASE + NR_HV_LEAVES - 1;
		memcpy(&leaf->ebx, "Micr", 4);
		memcpy(&leaf->ecx, "osof", 4);
		memcpy(&leaf->edx, "t Hv", 4);
		break;
	case 1:		/* interface */
		memcpy(&leaf->eax, "Hv#1", 4);
		break;
	case 2:		/* version */
		leaf->eax = HVSIM_HV_BUILD;
		leaf->ebx = HVSIM_HV_MAJOR << 16 | HVSIM_HV_MINOR;
		break;
	case 3:		/* privileges and features */
		leaf->eax = privileges_low(cfg);
		leaf->ebx = privileges_high(cfg);
		leaf->edx = FEATURE_FREQUENCY | FEATURE_CRASH;
		break;
	case 4:		/* hints */
		leaf->eax = HINT_RELAXED_TIMING | HINT_NO_AUTO_EOI | HINT_CLUSTER_IPI;
		leaf->ebx = 0xffffffff;	/* never report a long spin */
		break;
	case 5:		/* limits: VPs, logical processors */
		leaf->eax = 2048;
		leaf->ebx = 2048;
		break;
	}
}

/* Every VP is a core of its own in one package */
static void filter_topology(struct kvm_cpuid_entry2 *e, unsigned int cpus)
{
	switch (e->function) {
	case 1:
		e->ebx = (e->ebx & 0xff00ffff) | cpus << 16;
		e->edx = cpus > 1 ? e->edx | D1_HTT : e->edx & ~D1_HTT;
		break;
	case 4:
		e->eax = (e->eax & 0x3fff) | (e->eax & 0x1f ? (cpus - 1) << 26 : 0);
		break;
	case 0x80000001:
		e->ecx = cpus > 1 ? e->ecx | C81_CMP_LEGACY : e->ecx & ~C81_CMP_LEGACY;
		break;
	case 0x80000008:
		e->ecx = cpus - 1;
		break;
	}
}

static void filter_features(struct kvm_cpuid_entry2 *e)
{
	switch (e->function) {
	case 1:
		e->ecx &= ~C1_DROP;
		e->ecx |= C1_HYPERVISOR | C1_X2APIC | C1_TSC_DEADLINE;
		break;
	case 7:
		if (e->index) {
			e->eax = 0;
			e->ebx = 0;
			e->ecx = 0;
			e->edx = 0;
			break;
		}
		e->ebx &= ~(B7_AVX2 | B7_MPX | B7_AVX512);
		e->ecx &= ~C7_DROP;
		e->edx &= ~D7_DROP;
		break;
	case 0x80000001:
		e->ecx &= ~(C81_SVM | C81_XOP | C81_FMA4 | C81_TOPOEXT);
		break;
	case 0x80000007:
		e->edx |= D87_INVARIANT_TSC;
		break;
	}
}

static bool keep_leaf(uint32_t function)
{
	switch (function) {
	case 0xb:		/* made for each VP */
	case 0xd:		/* XSAVE */
	case 0x12:		/* SGX */
	case 0x14:		/* PT */
	case 0x1d:		/* AMX */
	case 0x1e:
	case 0x1f:		/* topology, again */
	case 0x8000000a:	/* SVM */
	case 0x8000001e:	/* topology, AMD's */
	case 0x8000001f:	/* SEV */
	case 0x80000026:
		return false;
	}
	return function < HV_BASE || function > HV_BASE + 0xffff;
}

/**
 * cpuid_filter - Cut the host's CPUID down to what an L1 gets
 * @cpuid: as KVM_GET_SUPPORTED_CPUID returned it; changed in place
 * @cpus: number of VPs
 */
void cpuid_filter(struct kvm_cpuid2 *cpuid, unsigned int cpus)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 e = cpuid->entries[i];

		if (!keep_leaf(e.function))
			continue;
		filter_features(&e);
		filter_topology(&e, cpus);
		cpuid->entries[nr++] = e;
	}
	cpuid->nent = nr;
}

static struct kvm_cpuid2 *cpuid_alloc(void)
{
	struct kvm_cpuid2 *cpuid;

	cpuid = calloc(1, sizeof(*cpuid) + MAX_ENTRIES * sizeof(cpuid->entries[0]));
	if (cpuid)
		cpuid->nent = MAX_ENTRIES;
	return cpuid;
}

/**
 * cpuid_init - Ask KVM what the host has
 * @hv: the machine
 *
 * Return: 0, or -1 and a message on stderr
 */
int cpuid_init(struct hv *hv)
{
	struct kvm_cpuid2 *cpuid = cpuid_alloc();

	if (!cpuid || ioctl(hv->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0) {
		hv_log("cannot get the host's CPUID: %s", strerror(errno));
		free(cpuid);
		return -1;
	}
	cpuid_filter(cpuid, hv->cfg->cpus);
	hv->cpuid = cpuid;
	return 0;
}

/**
 * cpuid_fini - Free what cpuid_init() allocated
 * @hv: the machine
 */
void cpuid_fini(struct hv *hv)
{
	free(hv->cpuid);
	hv->cpuid = NULL;
}

/**
 * hv_supported_cpuid - What the host offers, without hypervisor leaves and topology
 * @hv: the machine
 *
 * Return: a struct kvm_cpuid2 to copy from
 */
const void *hv_supported_cpuid(struct hv *hv)
{
	return hv->cpuid;
}

static void add_entry(struct kvm_cpuid2 *cpuid, const struct kvm_cpuid_entry2 *e)
{
	if (cpuid->nent < MAX_ENTRIES)
		cpuid->entries[cpuid->nent++] = *e;
}

static unsigned int bits_for(unsigned int n)
{
	unsigned int bits = 0;

	while (1U << bits < n)
		bits++;
	return bits;
}

/* Leaf 0xb: level 0 threads (1), level 1 cores */
static void add_topology(struct kvm_cpuid2 *cpuid, unsigned int apic_id, unsigned int cpus)
{
	const struct kvm_cpuid_entry2 level[3] = {
		{ .function = 0xb, .index = 0, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		  .eax = 0, .ebx = 1, .ecx = 1 << 8, .edx = apic_id },
		{ .function = 0xb, .index = 1, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		  .eax = bits_for(cpus), .ebx = cpus, .ecx = 2 << 8 | 1, .edx = apic_id },
		{ .function = 0xb, .index = 2, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		  .ecx = 2, .edx = apic_id },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(level); i++)
		add_entry(cpuid, &level[i]);
}

static void add_hv_leaves(struct kvm_cpuid2 *cpuid, const struct config *cfg)
{
	for (unsigned int i = 0; i < NR_HV_LEAVES; i++) {
		struct kvm_cpuid_entry2 e = { .function = HV_BASE + i };
		struct cpuid_leaf leaf;

		cpuid_hv_leaf(cfg, e.function, &leaf);
		e.eax = leaf.eax;
		e.ebx = leaf.ebx;
		e.ecx = leaf.ecx;
		e.edx = leaf.edx;
		add_entry(cpuid, &e);
	}
}

/**
 * cpuid_set_vp - Give an L1 VP its CPUID
 * @vp: the VP
 *
 * Return: 0, or -1 and a message on stderr
 */
int cpuid_set_vp(struct l1_vp *vp)
{
	const struct kvm_cpuid2 *base = vp->hv->cpuid;
	struct kvm_cpuid2 *cpuid = cpuid_alloc();
	int ret;

	if (!cpuid)
		return -1;
	memcpy(cpuid, base, sizeof(*base) + base->nent * sizeof(base->entries[0]));
	for (unsigned int i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 1)
			cpuid->entries[i].ebx = (cpuid->entries[i].ebx & 0xffffff) |
						vp->index << 24;
	add_topology(cpuid, vp->index, vp->hv->nr_vps);
	add_hv_leaves(cpuid, vp->hv->cfg);
	ret = ioctl(vp->fd, KVM_SET_CPUID2, cpuid);
	if (ret < 0)
		hv_log("cannot set the CPUID of VP %u: %s", vp->index, strerror(errno));
	free(cpuid);
	return ret;
}
