// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs of a child: which of them leave KVM, and what they read as
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"

#define FILTER_BITS	0x2000U

/* Ranges that an intercept of all MSRs covers; a filter is a bitmap for each. */
static const uint32_t all_ranges[] = { 0, 0xc0000000, 0xc0010000, 0x40000000 };

static const uint8_t deny_all[FILTER_BITS / 8];

static uint32_t filter_flags(uint32_t access)
{
	uint32_t flags = 0;

	if (access & HV_INTERCEPT_ACCESS_R)
		flags |= KVM_MSR_FILTER_READ;
	if (access & HV_INTERCEPT_ACCESS_W)
		flags |= KVM_MSR_FILTER_WRITE;
	return flags;
}

static bool add_range(struct kvm_msr_filter *filter, unsigned int *n, uint32_t base,
		      uint32_t count, uint32_t access)
{
	uint32_t flags = filter_flags(access);

	if (!flags || *n == KVM_MSR_FILTER_MAX_RANGES)
		return false;
	filter->ranges[(*n)++] = (struct kvm_msr_filter_range){
		.flags = flags, .nmsrs = count, .base = base, .bitmap = (uint8_t *)deny_all,
	};
	return true;
}

/**
 * child_update_msr_filter - make KVM exit on the MSRs that have an intercept
 * @pt: the partition, with its VM
 */
void child_update_msr_filter(struct partition *pt)
{
	struct kvm_msr_filter filter = { .flags = KVM_MSR_FILTER_DEFAULT_ALLOW };
	unsigned int n = 0;

	for (unsigned int i = 0; i < pt->nr_intercepts; i++) {
		const struct intercept *ic = &pt->intercepts[i];

		if (ic->type == HV_INTERCEPT_MSR_INDEX)
			add_range(&filter, &n, ic->parameter, 1, ic->access);
		if (ic->type != HV_INTERCEPT_MSR)
			continue;
		for (unsigned int j = 0; j < ARRAY_SIZE(all_ranges); j++)
			add_range(&filter, &n, all_ranges[j], FILTER_BITS, ic->access);
	}
	if (ioctl(pt->vm_fd, KVM_X86_SET_MSR_FILTER, &filter))
		hv_log("partition %lu: MSR filter: %s", pt->id, strerror(errno));
}

/**
 * child_msr_intercepted - is an access to an MSR the parent's business?
 * @pt: the partition
 * @index: the MSR
 * @access: HV_INTERCEPT_ACCESS_R or _W
 */
bool child_msr_intercepted(struct partition *pt, uint32_t index, uint32_t access)
{
	for (unsigned int i = 0; i < pt->nr_intercepts; i++) {
		const struct intercept *ic = &pt->intercepts[i];

		if (!(ic->access & access))
			continue;
		if (ic->type == HV_INTERCEPT_MSR ||
		    (ic->type == HV_INTERCEPT_MSR_INDEX && ic->parameter == index))
			return true;
	}
	return false;
}

/**
 * child_msr_default - access an MSR that neither KVM nor the parent knows
 * @vp: the VP
 * @write: it was a WRMSR
 * @data: value read or written
 *
 * Return: false for #GP
 */
bool child_msr_default(struct vp *vp, bool write, uint64_t *data)
{
	if (!property_get(vp->pt, HV_PROPERTY_UNIMPLEMENTED_MSR))
		return false;
	if (!write)
		*data = 0;
	return true;
}
