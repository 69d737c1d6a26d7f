// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID of a child's VP: the host's, and what the parent registered over it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cpuid.h"
#include "objects.h"

#define MAX_ENTRIES	256

/* HV_PROPERTY_SYNTHETIC_FEATURES */
#define SYNTHETIC_PRESENT	(1ULL << 0)
#define SYNTHETIC_HV1		(1ULL << 1)

#define LEAF1_X2APIC	(1U << 21)
#define LEAF1_DEADLINE	(1U << 24)
#define LEAF1_HYPERVISOR (1U << 31)

static bool subleaf_matters(uint32_t leaf)
{
	static const uint32_t leaves[] = { 4, 7, 0xb, 0xd, 0xf, 0x10, 0x1f, 0x8000001d,
					   0x8000001e, 0x80000026 };

	for (unsigned int i = 0; i < ARRAY_SIZE(leaves); i++) {
		if (leaves[i] == leaf)
			return true;
	}
	return false;
}

static struct kvm_cpuid_entry2 *find_entry(struct kvm_cpuid2 *cpuid, uint32_t leaf,
					   uint32_t subleaf)
{
	for (unsigned int i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == leaf &&
		    (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == subleaf))
			return e;
	}
	return NULL;
}

static struct kvm_cpuid_entry2 *add_entry(struct kvm_cpuid2 *cpuid, uint32_t leaf,
					  uint32_t subleaf)
{
	struct kvm_cpuid_entry2 *e;

	if (cpuid->nent == MAX_ENTRIES)
		return NULL;
	e = &cpuid->entries[cpuid->nent++];
	*e = (struct kvm_cpuid_entry2){ .function = leaf, .index = subleaf };
	if (subleaf_matters(leaf))
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	return e;
}

static void add_topology(struct kvm_cpuid2 *cpuid, const struct vp *vp)
{
	for (unsigned int level = 0; level < 2; level++) {
		struct kvm_cpuid_entry2 *e = add_entry(cpuid, 0xb, level);

		if (!e)
			return;
		e->eax = level ? 8 : 0;
		e->ebx = level ? vp->pt->nr_vps : 1;
		e->ecx = (level + 1) << 8 | level;
		e->edx = vp->index;
	}
}

/* What a VP has if the parent says nothing */
static void set_defaults(struct kvm_cpuid2 *cpuid, const struct vp *vp)
{
	struct kvm_cpuid_entry2 *e = find_entry(cpuid, 1, 0);
	bool lapic = vp->pt->flags & HV_CREATE_LAPIC;

	if (e) {
		e->ebx = (e->ebx & 0xff00ffff) | 1 << 16;
		e->ebx = (e->ebx & 0x00ffffff) | vp->index << 24;
		e->ecx |= LEAF1_HYPERVISOR;
		if (!lapic)
			e->ecx &= ~LEAF1_DEADLINE;
		if (!(vp->pt->flags & HV_CREATE_X2APIC))
			e->ecx &= ~LEAF1_X2APIC;
	}
	add_topology(cpuid, vp);
}

/* Bit of the parent's property, and the privilege that the child sees for it */
static const struct {
	unsigned int synthetic;
	uint32_t privilege;
} privileges[] = {
	{ 3, PRIV_TIME_REF_COUNT },
	{ 7, PRIV_HYPERCALL },
	{ 8, PRIV_VP_INDEX },
	{ 9, PRIV_REFERENCE_TSC },
	{ 11, PRIV_FREQUENCY },
};

static bool is_enlightened(const struct vp *vp)
{
	uint64_t synthetic = property_get(vp->pt, HV_PROPERTY_SYNTHETIC_FEATURES);

	return synthetic & SYNTHETIC_PRESENT && synthetic & SYNTHETIC_HV1;
}

/*
 * The hypervisor's own leaves. What they offer, KVM does by itself; SynIC, timers and
 * enlightened IPIs are not offered, whatever the parent asks for.
 */
static void add_hypervisor(struct kvm_cpuid2 *cpuid, const struct vp *vp)
{
	uint64_t synthetic = property_get(vp->pt, HV_PROPERTY_SYNTHETIC_FEATURES);

	for (uint32_t leaf = 0; leaf < NR_HV_LEAVES; leaf++) {
		struct kvm_cpuid_entry2 *e = add_entry(cpuid, HV_LEAF_BASE + leaf, 0);
		struct cpuid_leaf val;

		if (!e)
			return;
		cpuid_hv_leaf(vp->pt->hv->cfg, e->function, &val);
		e->eax = val.eax;
		e->ebx = val.ebx;
		e->ecx = val.ecx;
		e->edx = val.edx;
		if (e->function != HV_LEAF_PRIVILEGES)
			continue;
		e->eax = 0;
		e->ebx = 0;
		e->edx = 0;
		for (unsigned int i = 0; i < ARRAY_SIZE(privileges); i++)
			e->eax |= synthetic >> privileges[i].synthetic & 1 ?
				privileges[i].privilege : 0;
		if (e->eax & PRIV_FREQUENCY)
			e->edx |= FEATURE_FREQUENCY;
	}
}

/* What no parent can take away */
static void set_fixed(struct kvm_cpuid2 *cpuid, const struct vp *vp)
{
	struct kvm_cpuid_entry2 *e = find_entry(cpuid, 1, 0);

	if (e)
		e->ecx |= LEAF1_HYPERVISOR;
	add_hypervisor(cpuid, vp);
}

static void merge(uint32_t *reg, uint32_t value, uint32_t mask)
{
	*reg = (*reg & ~mask) | (value & mask);
}

static void apply_result(struct kvm_cpuid2 *cpuid, const struct hv_in_intercept_result *in)
{
	struct kvm_cpuid_entry2 *e = find_entry(cpuid, in->eax, in->ecx);

	if (!e)
		e = add_entry(cpuid, in->eax, in->ecx);
	if (!e)
		return;
	if (in->subleaf_specific)
		e->flags |= KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	merge(&e->eax, in->reg[0].value, in->reg[0].mask);
	merge(&e->ebx, in->reg[1].value, in->reg[1].mask);
	merge(&e->ecx, in->reg[2].value, in->reg[2].mask);
	merge(&e->edx, in->reg[3].value, in->reg[3].mask);
}

static struct kvm_cpuid2 *build(struct vp *vp)
{
	const struct kvm_cpuid2 *host = hv_supported_cpuid(vp->pt->hv);
	struct kvm_cpuid2 *cpuid;

	cpuid = calloc(1, sizeof(*cpuid) + MAX_ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return NULL;
	cpuid->nent = host->nent < MAX_ENTRIES ? host->nent : MAX_ENTRIES;
	memcpy(cpuid->entries, host->entries, cpuid->nent * sizeof(cpuid->entries[0]));
	set_defaults(cpuid, vp);
	for (const struct cpuid_result *r = vp->pt->cpuid_results; r; r = r->next) {
		if (r->vp_index == HV_VP_ANY || r->vp_index == vp->index)
			apply_result(cpuid, &r->in);
	}
	if (is_enlightened(vp))
		set_fixed(cpuid, vp);
	return cpuid;
}

/**
 * vp_apply_cpuid - give a VP its CPUID, for good
 * @vp: the VP, never entered yet
 *
 * Return: 0, or -1
 */
int vp_apply_cpuid(struct vp *vp)
{
	struct kvm_cpuid2 *cpuid = build(vp);
	int ret = -1;

	if (cpuid)
		ret = ioctl(vp->fd, KVM_SET_CPUID2, cpuid);
	if (ret)
		hv_log("VP %lu:%u: CPUID: %s", vp->pt->id, vp->index, strerror(errno));
	free(cpuid);
	return ret;
}

/**
 * vp_cpuid_value - what CPUID answers a VP
 * @vp: the VP
 * @leaf: EAX
 * @subleaf: ECX
 * @out: EAX, EBX, ECX, EDX; zero for a leaf that does not exist
 *
 * Bits that depend on the VP's control registers are not computed.
 */
void vp_cpuid_value(struct vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	struct kvm_cpuid2 *cpuid = build(vp);
	const struct kvm_cpuid_entry2 *e = cpuid ? find_entry(cpuid, leaf, subleaf) : NULL;

	memset(out, 0, 4 * sizeof(out[0]));
	if (e) {
		out[0] = e->eax;
		out[1] = e->ebx;
		out[2] = e->ecx;
		out[3] = e->edx;
	}
	free(cpuid);
}
