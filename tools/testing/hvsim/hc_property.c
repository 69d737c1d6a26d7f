// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on properties, of partitions and of the system
 */
#include <string.h>

#include "objects.h"

#define ASSIGNABLE_FEATURES	0x0020004006400ffbULL
#define ADDRESS_WIDTH		40
#define XSAVE_X87_SSE		3
#define XSAVE_SIZE		576
#define DEFAULT_SYNTHETIC	0x3ULL

/* Processor features: bit of a bank, and where CPUID has it */
static const struct {
	uint8_t bank, bit;
	uint32_t leaf;
	char reg;
	uint8_t cpuid_bit;
} features[] = {
	{ 0, 0, 1, 'c', 0 },		/* SSE3 */
	{ 0, 1, 0x80000001, 'c', 0 },	/* LAHF */
	{ 0, 2, 1, 'c', 9 },		/* SSSE3 */
	{ 0, 3, 1, 'c', 19 },		/* SSE4.1 */
	{ 0, 4, 1, 'c', 20 },		/* SSE4.2 */
	{ 0, 5, 0x80000001, 'c', 6 },	/* SSE4a */
	{ 0, 7, 1, 'c', 23 },		/* POPCNT */
	{ 0, 8, 1, 'c', 13 },		/* CMPXCHG16B */
	{ 0, 9, 0x80000001, 'c', 4 },	/* alternate MOV CR8 */
	{ 0, 10, 0x80000001, 'c', 5 },	/* LZCNT */
	{ 0, 11, 0x80000001, 'c', 7 },	/* misaligned SSE */
	{ 0, 12, 0x80000001, 'd', 22 },	/* MMX extensions */
	{ 0, 15, 0x80000001, 'd', 26 },	/* 1G pages */
	{ 0, 16, 1, 'c', 25 },		/* AES */
	{ 0, 17, 1, 'c', 1 },		/* PCLMULQDQ */
	{ 0, 18, 1, 'c', 17 },		/* PCID */
	{ 0, 21, 1, 'c', 30 },		/* RDRAND */
	{ 0, 22, 7, 'b', 0 },		/* FSGSBASE */
	{ 0, 23, 7, 'b', 7 },		/* SMEP */
	{ 0, 24, 7, 'b', 9 },		/* fast string operations */
	{ 0, 25, 7, 'b', 3 },		/* BMI1 */
	{ 0, 26, 7, 'b', 8 },		/* BMI2 */
	{ 0, 29, 1, 'c', 22 },		/* MOVBE */
	{ 0, 32, 7, 'b', 18 },		/* RDSEED */
	{ 0, 33, 7, 'b', 19 },		/* ADX */
	{ 0, 35, 7, 'b', 20 },		/* SMAP */
	{ 0, 38, 0x80000001, 'd', 27 },	/* RDTSCP */
	{ 0, 39, 7, 'b', 23 },		/* CLFLUSHOPT */
	{ 0, 40, 7, 'b', 24 },		/* CLWB */
	{ 0, 41, 7, 'b', 29 },		/* SHA */
	{ 0, 43, 7, 'b', 10 },		/* INVPCID */
	{ 0, 57, 7, 'c', 22 },		/* RDPID */
	{ 0, 58, 7, 'c', 2 },		/* UMIP */
	{ 1, 1, 0x80000007, 'd', 8 },	/* invariant TSC */
	{ 1, 17, 1, 'c', 24 },		/* TSC deadline timer */
	{ 1, 18, 7, 'b', 1 },		/* TSC_ADJUST */
};

static uint32_t cpuid_register(const struct kvm_cpuid_entry2 *e, char reg)
{
	return reg == 'b' ? e->ebx : reg == 'c' ? e->ecx : e->edx;
}

static const struct kvm_cpuid_entry2 *find_leaf(const struct kvm_cpuid2 *cpuid, uint32_t leaf)
{
	for (unsigned int i = 0; i < cpuid->nent; i++) {
		if (cpuid->entries[i].function == leaf && !cpuid->entries[i].index)
			return &cpuid->entries[i];
	}
	return NULL;
}

static uint64_t host_features(struct hv *hv, unsigned int bank)
{
	const struct kvm_cpuid2 *cpuid = hv_supported_cpuid(hv);
	uint64_t val = 0;

	for (unsigned int i = 0; cpuid && i < ARRAY_SIZE(features); i++) {
		const struct kvm_cpuid_entry2 *e = find_leaf(cpuid, features[i].leaf);

		if (features[i].bank == bank && e &&
		    cpuid_register(e, features[i].reg) >> features[i].cpuid_bit & 1)
			val |= 1ULL << features[i].bit;
	}
	return val;
}

static bool has_capability(struct hv *hv, uint64_t bit)
{
	return hv->cfg->vmm_caps_mode == VMM_CAPS_BANK && hv->cfg->vmm_caps & bit;
}

/**
 * overlay_allowed - may the L1 say where overlay pages are?
 * @hv: the machine
 */
bool overlay_allowed(struct hv *hv)
{
	return hv->cfg->partition == PARTITION_ROOT ||
	       has_capability(hv, HV_VMM_CAP_OVERLAY_GPFN);
}

static uint64_t integrated_property(struct hv *hv)
{
	const struct property_override *ov = config_property(hv->cfg,
							     HV_PROPERTY_INTEGRATED_SCHEDULER);

	if (ov)
		return ov->fail ? 0 : ov->value;
	return hv->cfg->scheduler == SCHED_INTEGRATED;
}

/**
 * partition_integrated - does the L1 schedule its children's VPs?
 * @hv: the machine
 */
bool partition_integrated(struct hv *hv)
{
	if (hv->cfg->partition == PARTITION_ROOT)
		return hv->cfg->scheduler == SCHED_INTEGRATED;
	return has_capability(hv, HV_VMM_CAP_INTEGRATED_SCHEDULER) && integrated_property(hv);
}

/* Properties that are the same for the L1 and its children; false: not one of them */
static bool host_property(struct hv *hv, uint32_t code, uint64_t *val)
{
	switch (code) {
	case HV_PROPERTY_FEATURES0:
		*val = host_features(hv, 0);
		return true;
	case HV_PROPERTY_FEATURES1:
		*val = host_features(hv, 1);
		return true;
	case HV_PROPERTY_XSAVE_FEATURES:
		*val = 0;
		return true;
	case HV_PROPERTY_XSAVE_STATES:
		*val = XSAVE_X87_SSE;
		return true;
	case HV_PROPERTY_MAX_XSAVE_SIZE:
		*val = XSAVE_SIZE;
		return true;
	case HV_PROPERTY_ADDRESS_WIDTH:
		*val = ADDRESS_WIDTH;
		return true;
	case HV_PROPERTY_CLOCK_FREQUENCY:
		*val = hv->tsc_hz;
		return true;
	default:
		return false;
	}
}

static struct property *find_stored(struct partition *pt, uint32_t code)
{
	for (unsigned int i = 0; i < pt->nr_props; i++) {
		if (pt->props[i].code == code)
			return &pt->props[i];
	}
	return NULL;
}

/**
 * property_get - value of a property that a parent sets
 * @pt: a child
 * @code: property
 *
 * Return: the value, 0 if it was never set
 */
uint64_t property_get(struct partition *pt, uint32_t code)
{
	struct property *prop = find_stored(pt, code);

	return prop ? prop->value : 0;
}

/* Properties that a parent can set; @early: only before the partition is initialized */
static const struct {
	uint32_t code;
	bool early;
	uint64_t max;
} settable[] = {
	{ HV_PROPERTY_PRIVILEGES, true, UINT64_MAX },
	{ HV_PROPERTY_SYNTHETIC_FEATURES, true, UINT64_MAX },
	{ HV_PROPERTY_TIME_FREEZE, false, 1 },
	{ HV_PROPERTY_REFERENCE_TIME, false, UINT64_MAX },
	{ HV_PROPERTY_PROCESSORS_PER_SOCKET, false, MAX_VPS },
	{ HV_PROPERTY_ACCESS_TRACKING, false, 1 },
	{ HV_PROPERTY_UNIMPLEMENTED_MSR, false, 1 },
};

static int find_settable(uint32_t code)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(settable); i++) {
		if (settable[i].code == code)
			return i;
	}
	return -1;
}

static uint16_t get_child(struct partition *pt, uint32_t code, uint64_t *val)
{
	if (host_property(pt->hv, code, val)) {
		if (code == HV_PROPERTY_FEATURES0)
			*val &= ~pt->create.disabled_features[0];
		if (code == HV_PROPERTY_FEATURES1)
			*val &= ~pt->create.disabled_features[1];
		return HV_STATUS_SUCCESS;
	}
	if (code == HV_PROPERTY_COMPATIBILITY) {
		*val = pt->create.compatibility;
	} else if (code == HV_PROPERTY_REFERENCE_TIME) {
		*val = hv_ref_time(pt->hv);
	} else if (find_settable(code) >= 0) {
		*val = property_get(pt, code);
		if (code == HV_PROPERTY_SYNTHETIC_FEATURES && !find_stored(pt, code))
			*val = DEFAULT_SYNTHETIC;
	} else {
		return HV_STATUS_UNKNOWN_PROPERTY;
	}
	return HV_STATUS_SUCCESS;
}

static uint16_t get_self(struct hv *hv, uint32_t code, uint64_t *val)
{
	const struct property_override *ov = config_property(hv->cfg, code);

	if (ov) {
		*val = ov->value;
		return ov->fail ? ov->status : HV_STATUS_SUCCESS;
	}
	if (host_property(hv, code, val))
		return HV_STATUS_SUCCESS;
	if (code == HV_PROPERTY_INTEGRATED_SCHEDULER &&
	    has_capability(hv, HV_VMM_CAP_INTEGRATED_SCHEDULER)) {
		*val = integrated_property(hv);
		return HV_STATUS_SUCCESS;
	}
	return HV_STATUS_UNKNOWN_PROPERTY;
}

static bool is_self(uint64_t id)
{
	return id == HV_PARTITION_SELF || id == SELF_ID;
}

static uint16_t get_property(struct hv *hv, uint64_t id, uint32_t code, uint64_t *val)
{
	struct partition *pt;

	if (is_self(id))
		return get_self(hv, code, val);
	pt = partition_find(hv, id);
	return pt ? get_child(pt, code, val) : HV_STATUS_INVALID_PARTITION_ID;
}

HC_HANDLER(hc_get_partition_property)
{
	const struct hv_in_property *in = call->in;

	(void)self;
	call->partition = in->partition_id;
	return get_property(hv, in->partition_id, in->code, call->out);
}

static uint16_t get_vmm_capabilities(struct hv *hv, struct hv_banked_property *out)
{
	const struct property_override *ov = config_property(hv->cfg,
							     HV_PROPERTY_VMM_CAPABILITIES);

	if (ov && ov->fail)
		return ov->status;
	if (hv->cfg->vmm_caps_mode == VMM_CAPS_NONE)
		return HV_STATUS_INVALID_PARAMETER;
	out->bank_count = hv->cfg->vmm_caps_mode == VMM_CAPS_BANK;
	out->bank[0] = out->bank_count ? hv->cfg->vmm_caps : 0;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_get_partition_property_ex)
{
	const struct hv_in_property *in = call->in;
	struct hv_banked_property *out = call->out;

	(void)self;
	call->partition = in->partition_id;
	switch (in->code) {
	case HV_PROPERTY_VMM_CAPABILITIES:
		if (!is_self(in->partition_id))
			return HV_STATUS_ACCESS_DENIED;
		return get_vmm_capabilities(hv, out);
	case HV_PROPERTY_ASSIGNABLE_FEATURES:
		if (!is_self(in->partition_id) && !partition_find(hv, in->partition_id))
			return HV_STATUS_INVALID_PARTITION_ID;
		out->bank_count = 1;
		out->bank[0] = ASSIGNABLE_FEATURES;
		return HV_STATUS_SUCCESS;
	default:
		return get_property(hv, in->partition_id, in->code, call->out);
	}
}

HC_HANDLER(hc_set_partition_property)
{
	const struct hv_in_property *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	struct property *prop;
	int i = find_settable(in->code);

	(void)self;
	call->partition = in->partition_id;
	if (is_self(in->partition_id))
		return HV_STATUS_ACCESS_DENIED;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (i < 0)
		return HV_STATUS_UNKNOWN_PROPERTY;
	if (pt->state == PARTITION_FINALIZED ||
	    (settable[i].early && pt->state != PARTITION_CREATED))
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (in->value > settable[i].max)
		return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
	prop = find_stored(pt, in->code);
	if (!prop)
		prop = &pt->props[pt->nr_props++];	/* as many as there are settable ones */
	*prop = (struct property){ .code = in->code, .value = in->value };
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_get_system_property)
{
	const struct hv_in_system_property *in = call->in;

	(void)self;
	if (hv->cfg->partition != PARTITION_ROOT)
		return HV_STATUS_ACCESS_DENIED;
	if (in->id != HV_SYSTEM_PROPERTY_SCHEDULER)
		return HV_STATUS_UNKNOWN_PROPERTY;
	*(uint64_t *)call->out = hv->objs->integrated ? HV_SCHEDULER_ROOT : HV_SCHEDULER_CORE_SMT;
	return HV_STATUS_SUCCESS;
}
